"""The faults of a client and time, a module a question; importing this one registers them all."""

from tests.bank import faults_bounded, faults_repeats, faults_throttled, faults_unreadable

__all__ = ["faults_bounded", "faults_repeats", "faults_throttled", "faults_unreadable"]
