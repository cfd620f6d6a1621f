//! Real files, where there are any.
