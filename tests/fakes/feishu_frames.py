"""Frames of Feishu's long connection as its SDK writes them, without the seconds that loading all of the SDK takes."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

HOUSE = "lark_oapi"


def _loaded() -> ModuleType:
    """Its packages without their `__init__`, which imports every call that Feishu has.

    They stay so in this process, since the frames import their parts as they are asked for; who needs all of the SDK
    has a process of its own.
    """
    found = importlib.util.find_spec(HOUSE)
    assert found is not None
    assert found.origin is not None, "lark-oapi is one of the tools of the tests"
    for name in (HOUSE, f"{HOUSE}.ws") if HOUSE not in sys.modules else ():
        bare = ModuleType(name)
        bare.__path__ = [str(Path(found.origin).parent.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = bare
    return importlib.import_module(f"{HOUSE}.ws.pb.pbbp2_pb2")


Frame = _loaded().Frame
