# Finds the CPython that the functions run on, for every Makefile here: the bytecode shipped to Lambda must be compiled
# by the same minor version. Set PYTHON to use another one of that version.
PYTHON_VERSION := 3.13
PYENV_VERSIONS := $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions
# A pyenv shim on PATH exists whether or not its version is active, so each candidate has to run.
ifndef PYTHON
PYTHON := $(shell for candidate in python$(PYTHON_VERSION) "$(PYENV_VERSIONS)/$(PYTHON_VERSION)".*/bin/python; do \
  "$$candidate" -c 'import sys; assert sys.version_info[:2] == tuple(map(int, "$(PYTHON_VERSION)".split("."))); print(sys.executable)' \
  2>/dev/null && break; done)
endif
ifeq ($(PYTHON),)
$(error Python $(PYTHON_VERSION) was not found on PATH or under $(PYENV_VERSIONS). Install it (pyenv install $(PYTHON_VERSION), \
uv python install $(PYTHON_VERSION), or your system's package manager) or set PYTHON=/path/to/python$(PYTHON_VERSION))
endif
export PYTHON

# SAM zips every file with one date from 1980, so bytecode that is checked by timestamp never counts as fresh and each
# cold start would compile again. Unchecked bytecode is always taken. -s and -p keep the build folder's name out of it;
# a fixed hash seed keeps the bytes the same from build to build.
compile = PYTHONHASHSEED=0 "$(PYTHON)" -m compileall -q -f --invalidation-mode unchecked-hash -s "$(1)" -p "$(2)" "$(1)"
