"""Recording labelled clips, the label files beside them, and the library that keeps them."""
