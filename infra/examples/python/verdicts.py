"""Prints coalmine's verdicts, one line of JSON each, every verdict once."""

import argparse
import json

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

VERDICT_TYPE = "dev.coalmine.verdict.v1"


class Seen:
    """Verdicts come at least once: drops repeats, lower revisions, and judges that were replaced."""

    def __init__(self):
        self.epochs = {}
        self.windows = {}

    def is_new(self, verdict, epoch):
        window = (
            verdict["rollout_id"],
            verdict["stage"]["index"],
            verdict["policy_digest"],
            verdict["window_start_ms"],
        )
        if epoch < self.epochs.get(verdict["rollout_id"], 0):
            return False
        self.epochs[verdict["rollout_id"]] = epoch
        if verdict["revision"] <= self.windows.get(window, -1):
            return False
        self.windows[window] = verdict["revision"]
        return True


def event_of(message):
    """The record as a CloudEvent, by the library of the CloudEvents project."""
    headers = dict(message.headers() or [])
    return from_binary_event(KafkaMessage(headers, message.key(), message.value()))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--brokers", default="127.0.0.1:9092")
    arguments.add_argument("--registry", default="http://127.0.0.1:8081/apis/ccompat/v7")
    arguments.add_argument("--topic", default="coalmine.verdicts")
    arguments.add_argument("--group", default="verdict-printer")
    arguments.add_argument("--count", type=int, default=None, help="end after so many verdicts")
    given = arguments.parse_args()
    consumer = Consumer(
        {
            "bootstrap.servers": given.brokers,
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    decode = AvroDeserializer(SchemaRegistryClient({"url": given.registry}))
    context = SerializationContext(given.topic, MessageField.VALUE)
    seen = Seen()
    printed = 0
    consumer.subscribe([given.topic])
    try:
        while given.count is None or printed < given.count:
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                raise SystemExit(f"{given.topic}: {message.error()}")
            event = event_of(message)
            if event.get_type() == VERDICT_TYPE:
                verdict = decode(event.get_data(), context)
                if seen.is_new(verdict, int(event.get_extension("epoch"))):
                    act_on(event, verdict)
                    printed += 1
            consumer.commit(message, asynchronous=False)  # after acting: at least once
    finally:
        consumer.close()


def act_on(event, verdict):
    line = {
        "id": event.get_id(),
        "source": event.get_source(),
        "subject": event.get_subject(),
        "time": event.get_time().isoformat(),
        "epoch": int(event.get_extension("epoch")),
        "decision": verdict["decision"],
        "reason": verdict["reason"],
        "checks": {check["name"]: check["status"] for check in verdict["checks"]},
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
