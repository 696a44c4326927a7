"""make_live_trace.py NAME EVENTS: writes a live trace to standard output.

NAME is that of the program, its phases, resources and files, whatever is in it. Most of the EVENTS
are allocations and frees of two threads."""
import collections
import struct
import sys

name = sys.argv[1].encode("utf-8", "surrogateescape")
events = int(sys.argv[2])
CHUNK = 65536
ROOM = (CHUNK - 24) // 24
ALLOCATE, DEALLOCATE, PHASE, RESOURCE, MODULE, CALL, SITE = 1, 2, 9, 10, 12, 13, 14

out = sys.stdout.buffer
head = struct.pack("<8sIIQQQQ256sQ", b"STRATALT", 2, CHUNK, 4711, 0, 0, 1_000_000, name[:255], 0)
out.write(head.ljust(CHUNK, b"\0"))


def event(kind, clock, address=0, size=0, resource=0):
    return struct.pack("<QQQ", address | kind << 48 | 4 << 54, size | resource << 48, clock)


def with_text(kind, clock, text, address=0, resource=0):
    padded = text.ljust((len(text) + 23) // 24 * 24, b"\0")
    return event(kind, clock, address, len(text), resource) + padded


class thread:
    def __init__(self, number):
        self.number, self.before, self.events = number, 0, bytearray()

    def add(self, content):
        if (len(self.events) + len(content)) // 24 > ROOM:
            self.flush()
        self.events += content

    def flush(self):
        head = struct.pack("<4sIQQ", b"CHNK", len(self.events) // 24, self.number, self.before)
        out.write((head + self.events).ljust(CHUNK, b"\0"))
        self.before += 1
        self.events = bytearray()


threads = [thread(1), thread(2)]
first = threads[0]
first.add(with_text(RESOURCE, 0, name, resource=1))
first.add(with_text(RESOURCE, 0, b"upper " + name, address=1, resource=2))
first.add(with_text(MODULE, 0, b"00 /lib/" + name, resource=1))
for call in range(1, 40):
    first.add(event(CALL, 0, 0x1000 + 16 * call, call | call // 2 << 24, 1))
clock = 1
live = [collections.deque(), collections.deque()]
for i in range(events // 3):
    to, blocks = threads[i % 2], live[i % 2]
    if i % (events // 12 + 1) == 0:
        first.add(with_text(PHASE, clock, name + b" %d" % (i * 12 // events)))
    address = 0x10000 + 64 * i
    to.add(event(SITE, clock, size=1 + i % 39))
    to.add(event(ALLOCATE, clock, address, 16 << i % 7, 1 + i % 2))
    blocks.append((address, 1 + i % 2))
    # What is live grows to a quarter of the whole, and shrinks again.
    if len(blocks) > min(i, events // 3 - i) // 2:
        address, resource = blocks.popleft()
        to.add(event(DEALLOCATE, clock, address, 0, resource))
    clock += 3
for each in threads:
    each.flush()
