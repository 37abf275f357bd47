-- What users prefer, in columns that the database knows, in place of JSON that nobody wrote yet.
CREATE TYPE "color_scheme" AS ENUM ('SYSTEM', 'LIGHT', 'DARK');
ALTER TABLE "app_user" DROP COLUMN "preferences",
  ADD COLUMN "preferred_level" "level" NOT NULL DEFAULT 'BEGINNER',
  ADD COLUMN "color_scheme" "color_scheme" NOT NULL DEFAULT 'SYSTEM';
