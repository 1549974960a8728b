#!/bin/sh
# Everything that `make run` and `make test` need: system libraries (Debian and its kin) and .venv.
# HAPPYSAD_SETUP=test adds what only the tests use. Quick when there is nothing to do.
set -eu
# Where sh is bash, as on macOS, Ctrl-C would end only the installer at work, and the next one would begin.
trap 'exit 130' INT
cd "$(dirname "$0")/.."
purpose=${HAPPYSAD_SETUP:-run}

case "$(uname -s)-$(uname -m)" in
  Linux-aarch64 | Linux-arm64 | Darwin-x86_64)
    echo "HappySad Live runs on x86-64 Linux, on Macs with Apple silicon and on x86-64 Windows:" \
      "MediaPipe and TensorFlow have no packages for this processor ($(uname -m))." >&2
    exit 1
    ;;
esac

# Qt's and OpenCV's libraries, which their wheels expect on the system; a font for the window.
libraries="python3-venv libgl1 libegl1 libglib2.0-0 libdbus-1-3 libfontconfig1 fonts-dejavu-core
  libxkbcommon-x11-0 libwayland-cursor0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-randr0
  libxcb-render-util0 libxcb-shape0 libxcb-xkb1"
extras="train"
if [ "$purpose" = test ]; then
  # A compiler for the virtual camera, ffprobe to check videos, strace to see that nothing goes out.
  libraries="$libraries gcc libc6-dev ffmpeg strace"
  extras="train,test"
fi

install_system_libraries() {
  command -v dpkg-query >/dev/null || return 0
  missing=""
  for name in $libraries; do
    # A later Debian or Ubuntu may call a library NAMEt64.
    dpkg-query -W -f '${Status}\n' "$name" "${name}t64" 2>/dev/null | grep -q '^install ok installed' ||
      missing="$missing $name"
  done
  [ -n "$missing" ] || return 0
  echo "These system packages are missing and will now be installed:$missing"
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "That needs root, and there is no sudo here. As root, run: apt-get install$missing" >&2
      exit 1
    fi
    as_root=sudo
  fi
  $as_root apt-get update -qq ||
    echo "Some sources of system packages could not be read; the set-up goes on with the others."
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
}

# What .venv depends on: its programs hold the path of this folder, and its packages fit one Python.
place() {
  pwd -P
  .venv/bin/python -c 'import sys; print("Python %d.%d" % sys.version_info[:2])'
}

fits() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

is_in_place() {
  fits .venv/bin/python && [ "$(place)" = "$(cat .venv/.place 2>/dev/null)" ]
}

find_python() {
  for candidate in "${PYTHON:-python3}" python3 python3.12 python3.11; do
    if fits "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  echo "Python 3.11 or 3.12 is needed (Keras and MediaPipe have no packages for others), and neither was found." >&2
  command -v python3 >/dev/null || fail_without_python
  echo "uv will fetch a Python 3.12, for your account only." >&2
}

fetch_python() {
  python3 -m venv --clear .venv &&
    .venv/bin/python -m pip install -q --disable-pip-version-check "uv>=0.5,<1" &&
    .venv/bin/uv python install -q 3.12 &&
    UV_PYTHON_PREFERENCE=only-managed .venv/bin/uv python find --no-project --system 3.12
}

fail_without_python() {
  echo "Install one of them, or name one that lies elsewhere: make run PYTHON=/path/to/python3.12" >&2
  exit 1
}

fail_without_packages() {
  echo "The Python packages could not be installed; what pip says above tells why. Most often there is no" \
    "connection, or no room on the disk: see to that, and run the same command again." >&2
  exit 1
}

install_python_packages() {
  wanted=$(cksum <pyproject.toml)
  if is_in_place; then
    # What the tests need holds all that a run needs.
    grep -qxF "$wanted" ".venv/.ready-$purpose" .venv/.ready-test 2>/dev/null && return
  else
    [ -n "$python" ] || python=$(fetch_python) || fail_without_python
    "$python" -m venv --clear .venv
    place >.venv/.place
  fi
  echo "Installing the Python packages into .venv (3.2 GB on the disk, a few minutes the first time)..."
  # uv leaves out five large packages that are never used; plain pip works too, only larger.
  .venv/bin/python -m pip install -q --disable-pip-version-check "uv>=0.5,<1" &&
    .venv/bin/uv pip install -q --compile-bytecode --python .venv/bin/python -e ".[$extras]" ||
    .venv/bin/python -m pip install -q --disable-pip-version-check -e ".[$extras]" || fail_without_packages
  echo "$wanted" >".venv/.ready-$purpose"
}

# The system's certificates, as pip uses them: a company's network may have its own.
export UV_SYSTEM_CERTS=1
# Before anything is installed: without a Python it would be in vain.
is_in_place || python=$(find_python)
install_system_libraries
install_python_packages
