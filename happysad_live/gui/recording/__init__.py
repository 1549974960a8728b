"""Recording a clip of what is labelled: its beginning and end, its button, and the label chosen beside it."""
