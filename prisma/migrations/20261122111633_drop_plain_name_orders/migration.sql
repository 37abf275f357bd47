-- DropIndex
DROP INDEX "lesson_title_id_idx";

-- DropIndex
DROP INDEX "tool_category_name_id_idx";

-- DropIndex
DROP INDEX "tool_name_id_idx";

-- DropIndex
DROP INDEX "tool_vendor_name_id_idx";

-- DropIndex
DROP INDEX "topic_title_id_idx";
