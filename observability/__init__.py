"""What the service tells its operators: log lines, metrics, traces; it only watches."""
