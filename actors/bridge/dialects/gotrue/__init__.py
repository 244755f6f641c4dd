"""The part of GoTrue (`/auth/v1`) that the clients of Supabase use, so that they sign in here unchanged."""
