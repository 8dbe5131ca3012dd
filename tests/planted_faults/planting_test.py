#!/usr/bin/env python3
"""The bookkeeping of planting.py, without building anything: results hold for the sources that they
were found with, and for no others."""
import pathlib
import subprocess
import tempfile
import unittest

import plant
import planting


class Sources(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name) / "root"
        self.copy = pathlib.Path(self.folder.name) / "copy"
        self.root.mkdir()
        self.copy.mkdir()
        subprocess.run(["git", "init", "-q", "."], cwd=self.root, check=True)
        for name in ("a.cpp", "tests/a_test.cpp"):
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(name)
        subprocess.run(["git", "add", "."], cwd=self.root, check=True)

    def tearDown(self):
        self.folder.cleanup()

    def results(self):
        names = planting.source_names(self.root)
        planting.copy_sources(self.root, names, self.copy)
        return planting.Results(self.root.parent / "results", planting.hash_of(self.root, names))

    def test_a_result_is_known_again(self):
        self.results().add("fault", ("found", "a_test"))
        self.assertEqual(self.results().known("fault"), ("found", "a_test"))
        self.assertIsNone(self.results().known("another"))
        self.assertEqual(self.results().of_other_sources(), 0)

    def test_a_change_of_any_source_makes_results_stale(self):
        for name in ("a.cpp", "tests/a_test.cpp"):
            self.results().add("fault", ("found", "a_test"))
            (self.root / name).write_text("changed")
            self.assertIsNone(self.results().known("fault"), name)
        self.assertEqual(self.results().of_other_sources(), 2)

    def test_a_renamed_or_deleted_source_makes_results_stale(self):
        self.results().add("fault", ("found", "a_test"))
        (self.root / "a.cpp").unlink()
        self.assertIsNone(self.results().known("fault"))
        self.assertFalse((self.copy / "a.cpp").exists())
        self.assertTrue((self.copy / "tests/a_test.cpp").exists())

    def test_a_line_that_was_cut_short_is_passed_over(self):
        self.results().add("first", ("found", "a_test"))
        with open(self.results().path, "a") as file:
            file.write('{"fault": "second", "ver')
        self.results().add("third", ("missed", ""))
        self.assertEqual(self.results().known("first"), ("found", "a_test"))
        self.assertIsNone(self.results().known("second"))
        self.assertEqual(self.results().known("third"), ("missed", ""))

    def test_a_result_without_a_hash_is_not_used(self):
        self.results().path.write_text('{"fault": "f", "verdict": "found", "by": "a_test"}\n')
        self.assertIsNone(self.results().known("f"))


class Tables(unittest.TestCase):
    def test_faults_of_one_line_and_of_several(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("A head: - no fault.\non the modelled GPU\n\n"
                       "fault one a.cpp a_test b_test\n- x\n+ y\n"
                       "fault two b.cpp b_test\n-   first\n-\n- third\n")
            file.flush()
            table = plant.Table(file.name)
        self.assertTrue(table.modelled)
        self.assertEqual(table.faults, [("one", "a.cpp", ["a_test", "b_test"], "x", "y"),
                                        ("two", "b.cpp", ["b_test"], "  first\n\nthird", "")])

    def test_each_fault_of_our_tables_fits_the_sources(self):
        for path in sorted(planting.ROOT.glob("tests/planted_faults/*.txt")):
            faults = plant.Table(path).faults
            self.assertEqual(len({fault[0] for fault in faults}), len(faults), path)
            for name, file, tests, old, new in faults:
                self.assertEqual((planting.ROOT / file).read_text().count(old), 1, name)
                self.assertNotEqual(old, new, name)
                self.assertTrue(tests, name)

    def test_a_failure_on_the_modelled_gpu_in_few_words(self):
        self.assertEqual(planting.how_it_failed(86, "x\ncuda_model: kernel Add: 0x7f00: byte 3\n"),
                         "cuda_model: kernel Add: byte 3")
        self.assertEqual(planting.how_it_failed(42, "CHECK failed"), "wrong results")
        self.assertIn("900 s", planting.how_it_failed(None, ""))


if __name__ == "__main__":
    unittest.main()
