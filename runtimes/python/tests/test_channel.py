import os
import socket
import tempfile
import unittest
from pathlib import Path

from fibonacci_watcher.channel import Channel, ChannelClosed, encode
from fibonacci_watcher.handover import Handover, decode_handover
from fibonacci_watcher.page import Page, create_page_file


class Frames(unittest.TestCase):
    def setUp(self) -> None:
        left, right = socket.socketpair()
        self.left, self.right = Channel(left), Channel(right)
        self.addCleanup(self.left.close)
        self.addCleanup(self.right.close)

    def test_descriptors_stay_with_their_frames(self) -> None:
        read, write = os.pipe()
        self.left.send("begun")
        self.left.send("connection", b"one", (read,))
        self.left.send("connection", b"two", (write,))
        frames = [self.right.receive() for _ in range(3)]
        self.assertEqual(
            [(frame.kind, frame.payload, len(frame.descriptors)) for frame in frames],
            [("begun", b"", 0), ("connection", b"one", 1), ("connection", b"two", 1)],
        )
        os.write(frames[2].descriptors[0], b"through")
        self.assertEqual(os.read(frames[1].descriptors[0], 10), b"through")
        for fd in (read, write, frames[1].descriptors[0], frames[2].descriptors[0]):
            os.close(fd)

    def test_a_frame_may_come_in_pieces(self) -> None:
        data = encode("load", b"x" * 100)
        for start in range(0, len(data), 7):
            self.assertEqual(self.right.receive_ready(), [])
            self.left.socket.send(data[start : start + 7])
        self.assertEqual([len(frame.payload) for frame in self.right.receive_ready()], [100])

    def test_the_end_is_told(self) -> None:
        self.left.close()
        with self.assertRaises(ChannelClosed):
            self.right.receive()

    def test_a_handover_is_decoded_as_it_was_encoded(self) -> None:
        for handover in (Handover(), Handover(12.5, "id-1", b"GET / HTTP/1.1\r\n")):
            self.assertEqual(decode_handover(handover.encode()), handover)


class SharedPage(unittest.TestCase):
    def test_one_side_sees_what_the_other_writes(self) -> None:
        fd = create_page_file(Path(tempfile.gettempdir()))
        executor, supervisor = Page(fd), Page(fd)
        os.close(fd)
        executor.open_slot(0, "first", 1.0)
        executor.open_slot(7, "x" * 128, 2.0)
        executor.close_slot(0)
        executor.count("ok", 0.002)
        executor.count("refused")
        executor.beat(5.0, 1234)
        self.assertEqual([(request.request_id, request.arrived) for request in supervisor.open_requests()], [("x" * 128, 2.0)])
        totals = supervisor.totals()
        self.assertEqual((totals.outcomes, sum(totals.buckets), totals.buckets[1]), ([1, 0, 0, 1], 1, 1))
        self.assertEqual((supervisor.heartbeat, supervisor.rss_bytes), (5.0, 1234))
        executor.close()
        supervisor.close()


if __name__ == "__main__":
    unittest.main()
