#!/usr/bin/env python3
"""KafkaSource (connectors/kafka) against a real broker: runs the C++ test program beside one."""
import os
import pathlib
import subprocess
import sys

import broker
import harness


class KafkaSource(harness.TestCase):
    def test_against_a_real_broker(self):
        with broker.Broker(self.folder / "kafka") as kafka:
            result = subprocess.run(
                [harness.tool("KEYWATCH_KAFKA_SOURCE_TEST")], check=False,
                env={**os.environ,
                     "KEYWATCH_TEST_BROKERS": kafka.bootstrap,
                     "KEYWATCH_TEST_BROKER_COMMAND":
                         f"{sys.executable} {pathlib.Path(broker.__file__)} %s {kafka.directory}"})
            # The program may have restarted it.
            kafka.pid = broker.Broker(kafka.directory).pid
            self.assertEqual(result.returncode, 0)


if __name__ == "__main__":
    harness.main()
