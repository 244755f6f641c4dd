"""A Supabase project as the issuer of tokens."""
