-- Alarms about several cameras: which, since when, who is back, what they have in common; a person's word on taking note.

ALTER TABLE alarm ADD COLUMN topic TEXT NOT NULL DEFAULT '' CHECK (length(topic) <= 64);
ALTER TABLE alarm ADD COLUMN shared TEXT CHECK (shared IS NULL OR json_valid(shared));
ALTER TABLE alarm ADD COLUMN comment TEXT NOT NULL DEFAULT '' CHECK (length(comment) <= 1000);

DROP INDEX alarm_standing;
CREATE UNIQUE INDEX alarm_standing ON alarm (kind, ifnull(camera, x''), ifnull(volume, x''), topic) WHERE cleared_at IS NULL;
CREATE INDEX alarm_kind ON alarm (kind, raised_at);

DROP TRIGGER alarm_stays;
CREATE TRIGGER alarm_stays BEFORE UPDATE ON alarm
WHEN NEW.id IS NOT OLD.id OR NEW.kind IS NOT OLD.kind OR NEW.priority IS NOT OLD.priority OR NEW.camera IS NOT OLD.camera
    OR NEW.volume IS NOT OLD.volume OR NEW.subject IS NOT OLD.subject OR NEW.detail IS NOT OLD.detail
    OR NEW.raised_at IS NOT OLD.raised_at OR NEW.topic IS NOT OLD.topic
    OR (OLD.cleared_at IS NOT NULL AND (NEW.cleared_at IS NOT OLD.cleared_at OR NEW.shared IS NOT OLD.shared))
    OR (NEW.comment IS NOT OLD.comment AND (OLD.acknowledged_at IS NOT NULL OR NEW.acknowledged_at IS NULL))
    OR (OLD.acknowledged_at IS NOT NULL
        AND (NEW.acknowledged_at IS NOT OLD.acknowledged_at OR NEW.acknowledged_by IS NOT OLD.acknowledged_by))
BEGIN SELECT RAISE(ABORT, 'an alarm is only cleared and acknowledged, once each'); END;

CREATE TABLE alarm_member (
    alarm   BLOB NOT NULL REFERENCES alarm (id),
    camera  BLOB NOT NULL REFERENCES camera (id),
    lost_at INTEGER NOT NULL,
    back_at INTEGER CHECK (back_at >= lost_at),
    reason  TEXT CHECK (length(reason) BETWEEN 1 AND 40),
    PRIMARY KEY (alarm, camera)
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_member_camera ON alarm_member (camera, alarm);
CREATE TRIGGER alarm_member_stays BEFORE UPDATE ON alarm_member
WHEN NEW.alarm IS NOT OLD.alarm OR NEW.camera IS NOT OLD.camera
    OR EXISTS (SELECT 1 FROM alarm WHERE id = OLD.alarm AND cleared_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'the cameras of an alarm that is over are not changed'); END;
CREATE TRIGGER alarm_member_late BEFORE INSERT ON alarm_member
WHEN EXISTS (SELECT 1 FROM alarm WHERE id = NEW.alarm AND cleared_at IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'the cameras of an alarm that is over are not changed'); END;
CREATE TRIGGER alarm_member_keep BEFORE DELETE ON alarm_member
BEGIN SELECT RAISE(ABORT, 'a camera stays in its alarm'); END;
