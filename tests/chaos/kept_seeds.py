"""Seeds that once failed, and what they found. Each is run by every test run, and fails where its repair is undone."""

from __future__ import annotations

from collections.abc import Mapping

KEPT: Mapping[int, str] = {
    146: "a movie that was cut before its media passed for whole",
    234: "the same, of another upload",
    561: "a job ended by its files alone while its provider could not be asked, and never learnt its price",
    2341: "the same, of another provider's outage",
    2020: "a file that is gone was fetched every few minutes for as long as its job was parked",
    2798: "the same, of a job with two outputs",
    1219: "a resend that was stored was answered with an error, repeated, and paid for again",
    2524: "the same, after another resend",
    5003030: "a job that was parked before its second send was looked up twice a minute until it had no look-up left",
}
