"""Frames of Feishu's long connection as its SDK writes them, without the seconds that loading all of the SDK takes."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

HOUSE = "lark_oapi"


def _loaded() -> ModuleType:
    """Its packages without their `__init__`, which imports every call that Feishu has; nobody else sees them so."""
    found = importlib.util.find_spec(HOUSE)
    assert found is not None
    assert found.origin is not None, "lark-oapi is one of the tools of the tests"
    if HOUSE in sys.modules:
        return importlib.import_module(f"{HOUSE}.ws.pb.pbbp2_pb2")
    for name in (HOUSE, f"{HOUSE}.ws"):
        bare = ModuleType(name)
        bare.__path__ = [str(Path(found.origin).parent.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = bare
    try:
        return importlib.import_module(f"{HOUSE}.ws.pb.pbbp2_pb2")
    finally:
        for name in [each for each in sys.modules if each.split(".")[0] == HOUSE]:
            del sys.modules[name]


Frame = _loaded().Frame
