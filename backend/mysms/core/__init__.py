"""What every room stands on and what knows no feature: settings, errors, time, database, metrics."""
