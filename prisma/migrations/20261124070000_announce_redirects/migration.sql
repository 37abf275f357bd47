-- An address that leads on concerns the entity it leads to: whoever adds or removes one by hand is heard, too.

-- What Prisma's schema cannot say ------------------------------------------------------------------------------------------

SELECT "announce_changes_of"('slug_redirect',
  'of', 'Topic', 'CASE WHEN r."entity" = ''TOPIC'' THEN r."entity_id" END',
  'of', 'Tool', 'CASE WHEN r."entity" = ''TOOL'' THEN r."entity_id" END',
  'of', 'Module', 'CASE WHEN r."entity" = ''MODULE'' THEN r."entity_id" END',
  'of', 'Lesson', 'CASE WHEN r."entity" = ''LESSON'' THEN r."entity_id" END');
