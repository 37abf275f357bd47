-- Filters and orders of lists: each that the API offers is served by an index; docs/filters.md says by which.

-- Trigrams, for text that contains something and for words with typing errors. A trusted extension: the owner of the database may create it.
CREATE EXTENSION IF NOT EXISTS "pg_trgm";
