"""Spark: the mean of each scale by arm over the newest scores that are in Kafka: `spark-submit spark_scores.py BROKER`.

It needs the package `org.apache.spark:spark-sql-kafka-0-10_2.13` in the version of Spark (`--packages`).
Run on 30 November 2026 with Spark 4.2.0 and Apache Kafka 4.3.1.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as f

STATE = "study string, arm string, scores map<string, double>"


def main(broker: str, prefix: str = "pro.") -> None:
    spark = SparkSession.builder.appName("scores").getOrCreate()
    topic = {"kafka.bootstrap.servers": broker, "subscribe": f"{prefix}scores.latest"}
    records = spark.read.format("kafka").options(**topic).load()
    newest = records.groupBy("key").agg(f.max_by("value", "offset").alias("value"))
    known = newest.where("value IS NOT NULL")  # without a value: erased
    states = known.select(f.from_json(known.value.cast("string"), STATE).alias("state")).select("state.*")
    scores = states.select("study", "arm", f.explode("scores").alias("scale", "score"))
    scores.groupBy("study", "arm", "scale").agg(f.count("score").alias("n"), f.avg("score").alias("mean")).show()


if __name__ == "__main__":
    main(*sys.argv[1:])
