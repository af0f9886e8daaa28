import tempfile
import unittest

from fibonacci_watcher.config import ConfigInvalid, parse_config

KEY = "A" * 43


class ParseConfig(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.good = {"FIB_INSTANCE": "i1", "FIB_SCRATCH": f"{folder.name}/new", "FIB_PUBLIC_KEY": KEY}

    def test_defaults(self) -> None:
        config = parse_config(self.good)
        self.assertEqual((config.host, config.data_port, config.control_port, config.memory_limit_bytes), ("0.0.0.0", 8080, 8081, None))
        self.assertEqual(config.public_key, bytes(32))
        self.assertTrue(config.scratch.is_dir())

    def test_an_id_may_have_its_namespace_before_it(self) -> None:
        self.assertEqual(parse_config({**self.good, "FIB_INSTANCE": "shop/pod-1"}).instance, "shop/pod-1")
        with self.assertRaises(ConfigInvalid):
            parse_config({**self.good, "FIB_INSTANCE": "two words"})

    def test_every_problem_is_named_at_once(self) -> None:
        with self.assertRaises(ConfigInvalid) as caught:
            parse_config({"FIB_PUBLIC_KEY": "short", "FIB_DATA_PORT": "99999", "FIB_CONTROL_PORT": "x", "FIB_MEMORY_LIMIT_BYTES": "-1"})
        named = [problem.split()[0] for problem in caught.exception.problems]
        self.assertEqual(
            named,
            ["FIB_INSTANCE", "FIB_SCRATCH", "FIB_PUBLIC_KEY", "FIB_DATA_PORT", "FIB_CONTROL_PORT", "FIB_MEMORY_LIMIT_BYTES"],
        )

    def test_a_value_is_never_repeated(self) -> None:
        with self.assertRaises(ConfigInvalid) as caught:
            parse_config({**self.good, "FIB_PUBLIC_KEY": "secret-by-mistake"})
        self.assertNotIn("secret-by-mistake", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
