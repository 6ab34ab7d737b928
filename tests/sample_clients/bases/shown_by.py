"""Names of tests that several clients are limited to, for the others would only cost time."""

# Other tests prove these clauses as well, by calls that wait.
STATUS_TESTS = ["test_every_error_is_failure", "test_error_without_content", "test_same_error_again"]
TEXT_TESTS = ["test_valid_error_objects", "test_error_representations"]
