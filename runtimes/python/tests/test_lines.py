import json
import os
import unittest

from fibonacci_watcher.lines import MAX_LINE_BYTES, LineBuffer
from fibonacci_watcher.log import Log, render_line


class Lines(unittest.TestCase):
    def test_lines_come_out_when_they_are_complete(self) -> None:
        buffer = LineBuffer()
        self.assertEqual(buffer.feed("a\nb"), [("a", False)])
        self.assertEqual(buffer.feed("c\n\n"), [("bc", False), ("", False)])
        self.assertEqual(buffer.flush(), [])
        buffer.feed("end")
        self.assertEqual(buffer.flush(), [("end", False)])

    def test_a_long_line_is_cut_and_the_next_one_is_whole(self) -> None:
        buffer = LineBuffer()
        for _ in range(100):
            buffer.feed("x" * 10_000)
        (line, cut), after = buffer.feed("tail\nnext\n")
        self.assertEqual((len(line), cut, after), (MAX_LINE_BYTES, True, ("next", False)))

    def test_a_cut_does_not_split_a_character(self) -> None:
        ((line, cut),) = LineBuffer().feed("€" * MAX_LINE_BYTES + "\n")
        self.assertTrue(cut)
        self.assertLessEqual(len(line.encode()), MAX_LINE_BYTES)
        self.assertEqual(set(line), {"€"})


class LogLines(unittest.TestCase):
    def test_fields_cannot_replace_what_every_line_has(self) -> None:
        line = json.loads(render_line("info", "real", {"msg": "forged", "level": "forged", "time": 1, "a": "\n"}))
        self.assertEqual((line["level"], line["msg"], line["a"]), ("info", "real", "\n"))
        self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_a_reader_that_does_not_read_costs_lines_and_not_memory_or_time(self) -> None:
        read, write = os.pipe()
        log = Log(write)
        for _ in range(200):
            log.put(b"x" * 99_999 + b"\n")
        log.info("own")
        self.assertLessEqual(log.pending_bytes, 9 * 1024 * 1024)
        os.close(read)
        log.close()
        os.close(write)


if __name__ == "__main__":
    unittest.main()
