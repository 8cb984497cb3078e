//! WebSocket in, TCP or TLS to a mail server out; serves the web app.
