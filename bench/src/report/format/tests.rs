//! Numbers at the edges of what each form is for.

use super::*;

#[test]
fn values_carry_their_unit_and_about_three_digits() {
    for (number, unit, expected) in [
        (2.914, Unit::Microseconds, "2.91 µs"),
        (812.34, Unit::Microseconds, "812 µs"),
        (12_345.6, Unit::Microseconds, "12.3 ms"),
        (1_234_567.0, Unit::Microseconds, "1.23 s"),
        (0.5, Unit::Seconds, "0.50 s"),
        (78_500.4, Unit::Bytes, "78,500 B"),
        (-1_234.0, Unit::Bytes, "-1,234 B"),
        (25_000.0, Unit::PerSecond, "25,000/s"),
        (0.001, Unit::Cores, "0.001 cores"),
        (1_234_567.0, Unit::Count, "1,234,567"),
        (1.5, Unit::Ratio, "1.50"),
    ] {
        assert_eq!(value(number, unit), expected);
    }
}

#[test]
fn axes_are_short() {
    for (number, unit, expected) in [
        (100.0, Unit::Microseconds, "100 µs"),
        (10_000.0, Unit::Microseconds, "10 ms"),
        (1e6, Unit::Microseconds, "1 s"),
        (250_000.0, Unit::PerSecond, "250k/s"),
        (1_500.0, Unit::Bytes, "1.5 kB"),
        (0.25, Unit::Cores, "0.25"),
        (0.0, Unit::Count, "0"),
    ] {
        assert_eq!(axis(number, unit), expected);
    }
}

#[test]
fn figures_are_named_without_their_unit() {
    assert_eq!(figure_name("server_cpu_us_per_delivery"), "server CPU per delivery");
    assert_eq!(figure_name("delivery_p999_us"), "delivery p99.9");
    assert_eq!(figure_name("rss_per_connection_bytes"), "RSS per connection");
}
