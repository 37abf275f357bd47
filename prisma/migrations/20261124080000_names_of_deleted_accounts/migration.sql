-- The name of an account that is deleted goes with it from the revisions that it saved or approved, whoever deletes it.

-- Before the deletion, which forgets whose they are.
CREATE FUNCTION "app_user_name_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "revision" SET "author_name" = 'a deleted account' WHERE "author_id" = OLD."id";
  UPDATE "revision" SET "approver_name" = 'a deleted account' WHERE "approver_id" = OLD."id";
  RETURN OLD;
END $$;
CREATE TRIGGER "app_user_name_removed" BEFORE DELETE ON "app_user" FOR EACH ROW EXECUTE FUNCTION "app_user_name_removed"();

-- Those that were deleted before. Imports are nobody's.
UPDATE "revision" SET "author_name" = 'a deleted account' WHERE "author_id" IS NULL AND "author_name" <> 'import';
UPDATE "revision" SET "approver_name" = 'a deleted account' WHERE "approver_id" IS NULL AND "approver_name" IS NOT NULL;
