//! Trying whether anything can be written.

statements! {
    /// Writes something else than was there; it is nobody's.
    PROBE = "update write_probe set at = $1, filler = $2 where id = 1";
}
