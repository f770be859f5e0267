"""The AWS CLI, loaded once for many commands.

Reads one command a line, its arguments as a JSON array, and writes a line for each: its exit status and what it wrote to
standard output and standard error, as a JSON object. Each command runs in a fork of its own, so that none meets what
another left.
"""

import json
import os
import sys
import tempfile
import traceback

import awscli.clidriver


def status_of(driver, arguments):
    try:
        return driver.main(arguments)
    except SystemExit as exit:
        return exit.code or 0
    except BaseException:
        traceback.print_exc()
        return 255


def run(driver, arguments):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            status = status_of(driver, arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        _, ended = os.waitpid(child, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
        return {'status': os.waitstatus_to_exitcode(ended), 'stdout': texts[0], 'stderr': texts[1]}


def main():
    driver = awscli.clidriver.create_clidriver()
    # Forks share what is loaded here.
    for service in sys.argv[1:]:
        driver.session.get_service_model(service)
    # `print` would leave its buffer to the forks.
    for line in iter(sys.stdin.readline, ''):
        os.write(1, (json.dumps(run(driver, json.loads(line))) + '\n').encode())


main()
