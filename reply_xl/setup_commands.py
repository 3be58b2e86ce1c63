"""The commands that put reply-xl into Excel and take it away."""

from __future__ import annotations

import argparse

from reply_xl.commands import COULD_NOT_RUN, FINE


def install(arguments: argparse.Namespace) -> int:
    from reply_xl.addin_file import our_addin, signed_copy
    from reply_xl.computers import named_computer
    from reply_xl.functions_files import functions_files, has_functions, require_windows
    from reply_xl.install import install

    computer = named_computer(arguments.prefix, arguments.system)
    if arguments.functions:
        require_windows(computer)
    functions = functions_files() if arguments.functions or has_functions(computer) else None
    addin = our_addin()
    if arguments.xlam is not None:
        addin, is_signed = signed_copy(arguments.xlam, addin)
        if not is_signed:
            print(f"{arguments.xlam.name} has no signature; a computer that runs signed macros alone will not run it.")
    report = install(computer, addin, agent=arguments.agent, functions=functions)
    print("\n".join([*report.done, *report.next]))
    return FINE if report.is_whole else COULD_NOT_RUN


def uninstall(arguments: argparse.Namespace) -> int:
    from reply_xl import config
    from reply_xl.base_urls import REPLY_URL
    from reply_xl.computers import named_computer
    from reply_xl.console import Progress
    from reply_xl.face import Question
    from reply_xl.install import remove_empty_folders, uninstall
    from reply_xl.terminal import Terminal

    computer = named_computer(arguments.prefix, arguments.system)
    if arguments.everything:
        what = "The journal of all runs, what your sheets were based on, and the API key will be deleted; no run can be undone after that."
        Terminal(Progress()).agree(Question(what, "Delete them?", "add --yes", arguments.yes))
    report = uninstall(computer, everything=arguments.everything)
    if arguments.everything and arguments.prefix is None and config.forget_key(REPLY_URL):
        report.done.append("The API key is removed from the keychain.")
    if arguments.prefix is not None:
        remove_empty_folders(computer)
    print("\n".join([*report.done, *report.next]))
    return FINE if report.is_whole else COULD_NOT_RUN


def agent(_: argparse.Namespace) -> int:
    from reply_xl import agent

    return agent.main()
