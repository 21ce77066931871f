"""`xpert app`: open the web application."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from xpert.errors import InputError

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser("app", help="open the web application in a browser")
    parser.add_argument("--port", type=int, default=8501, help="port to listen on (default 8501)")
    parser.add_argument("--headless", action="store_true", help="do not open a browser window")


def run(args: argparse.Namespace) -> int:
    """Start the server and wait for it to end."""
    entry = Path(__file__).resolve().parents[2] / "app.py"
    if not entry.is_file():
        raise InputError("The app's pages are not part of the installed package; run it from a checkout.")
    command = [sys.executable, "-m", "streamlit", "run", str(entry), "--server.port", str(args.port)]
    if args.headless:
        command += ["--server.headless", "true"]
    return subprocess.call(command, cwd=entry.parent)
