//! Pages and their headers.
