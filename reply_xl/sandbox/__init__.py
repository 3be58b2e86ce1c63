"""The sandbox: a stand-in for the Reply API on loopback. It imports nothing of reply_xl but itself, and could leave the package."""

from reply_xl.sandbox.server import Sandbox, run
from reply_xl.sandbox.state import Request

__all__ = ["Request", "Sandbox", "run"]
