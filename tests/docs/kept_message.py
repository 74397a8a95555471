"""A client that sends a message, and fetches it later: it must be there, once."""

import subprocess

import scene
import servers


class KeptMessage:
    def __init__(self, programs, address):
        self.child = subprocess.Popen([programs / "sotto-kept-message"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.say(address.strip())
        if self.child.stdout.readline() != "sent\n":
            raise scene.Failure("no message could be sent")

    def say(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def fetch(self):
        self.say("")
        if self.child.stdout.readline() != "received\n" or self.child.wait(servers.PATIENCE) != 0:
            raise scene.Failure("the message is lost")
