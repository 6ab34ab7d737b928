"""The faults of what a client sends, a module a group of clauses; importing this one registers them all."""

from tests.bank import (
    faults_request_content,
    faults_request_correlation,
    faults_request_encoding,
    faults_request_fields,
    faults_request_id,
    faults_request_input,
    faults_request_leaks,
    faults_request_line,
    faults_request_names,
)

__all__ = [
    "faults_request_content",
    "faults_request_correlation",
    "faults_request_encoding",
    "faults_request_fields",
    "faults_request_id",
    "faults_request_input",
    "faults_request_leaks",
    "faults_request_line",
    "faults_request_names",
]
