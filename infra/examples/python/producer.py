"""Logs the answers of two versions of a model, and what happened later, for coalmine to judge.

The two functions `answer_of_*` stand for your models; everything else is what logging needs.
"""

import argparse
import time
from pathlib import Path

from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

SCHEMAS = Path(__file__).parents[3] / "schemas"
COUNTRIES = ("DE", "FR", "BR", "München")


def answer_of_current(features):
    return 0.9 if features["amount"] > 90 else 0.1


def answer_of_canary(features):
    return 0.8 if features["amount"] > 80 else 0.2


def prediction(request_id, version, score, **rest):
    """One answer, by the names of schemas/Prediction.avsc. Absent fields take their defaults."""
    return {"request_id": request_id, "model": "fraud", "version": version, "score": score, **rest}


class Log:
    """Writes events under the request id, on the partition where the join looks for them."""

    def __init__(self, brokers, registry):
        # librdkafka's own default is CRC32: with it the two halves of a pair, written by two
        # clients, would lie on different partitions and never meet.
        self.producer = Producer(
            {
                "bootstrap.servers": brokers,
                "partitioner": "murmur2_random",
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 20,
            }
        )
        self.registry = SchemaRegistryClient({"url": registry})
        self.serializers = {}
        self.failures = []

    def write(self, topic, schema, event):
        key = event["request_id"].encode()
        value = self.serializer(schema)(event, SerializationContext(topic, MessageField.VALUE))
        while True:
            try:
                self.producer.produce(topic, key=key, value=value, on_delivery=self.delivered)
                break
            except BufferError:  # the queue is full: wait for the broker instead of growing
                self.producer.poll(0.1)
        self.producer.poll(0)

    def serializer(self, name):
        """Registers a schema under `<topic>-value` when it is first used."""
        if name not in self.serializers:
            text = (SCHEMAS / f"{name}.avsc").read_text()
            self.serializers[name] = AvroSerializer(self.registry, text)
        return self.serializers[name]

    def delivered(self, error, message):
        if error is not None:
            self.failures.append(f"{message.topic()}: {error}")

    def close(self):
        left = self.producer.flush(60)
        if left or self.failures:
            raise SystemExit(f"{left} events not sent, {len(self.failures)} failed: {self.failures[:3]}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--brokers", default="127.0.0.1:9092")
    arguments.add_argument("--registry", default="http://127.0.0.1:8081/apis/ccompat/v7")
    arguments.add_argument("--current", default="predictions.current")
    arguments.add_argument("--canary", default="predictions.canary")
    arguments.add_argument("--outcomes", default="outcomes")
    arguments.add_argument("--requests", type=int, default=1000)
    arguments.add_argument("--start-ms", type=int, default=None, help="event time of the first request")
    given = arguments.parse_args()
    start_ms = int(time.time() * 1000) if given.start_ms is None else given.start_ms
    log = Log(given.brokers, given.registry)
    for i in range(given.requests):
        request_id = f"anfrage-ü-{i}"
        features = {"amount": float(i % 100), "country": COUNTRIES[i % 4], "is_new": i % 3 == 0}
        shared = {
            "event_time": start_ms + i * 10,
            "unit_id": f"user-{i % 50}",
            "features": features,
            "context": {"channel": "app"},
        }
        current = prediction(
            request_id, "v6", answer_of_current(features), latency_ms=12.5, **shared
        )
        # The canary answers the same request, and nobody is shown its answer: a shadow.
        canary = prediction(
            request_id, "v7", answer_of_canary(features), latency_ms=9.0, served=False, **shared
        )
        log.write(given.current, "Prediction", current)
        log.write(given.canary, "Prediction", canary)
        if i % 10 == 0:
            outcome = {
                "request_id": request_id,
                "model": "fraud",
                "event_time": start_ms + i * 10 + 5_000,
                "metric": "chargeback",
                "value": 1.0 if features["amount"] > 85 else 0.0,
            }
            log.write(given.outcomes, "Outcome", outcome)
    log.close()
    print(f"{given.requests} requests logged")


if __name__ == "__main__":
    main()
