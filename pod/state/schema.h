// The schema of state.db as a list of steps: step N brings version N-1 to version N (PRAGMA user_version).
#pragma once

#include <array>

namespace skiff::pod {

inline constexpr std::array<const char*, 1> kSchemaSteps = {
    // 1. unique_name: "NAMESPACE/NAME", or the id for the implicit pod of `run`, whose name nobody can ask for.
    R"sql(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pods (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  unique_name TEXT NOT NULL UNIQUE,
  created TEXT NOT NULL,
  spec TEXT NOT NULL);
CREATE TABLE containers (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  pod_id TEXT NOT NULL REFERENCES pods(id) ON DELETE CASCADE,
  name TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL,
  created TEXT NOT NULL,
  image_id TEXT NOT NULL,
  image_name TEXT NOT NULL,
  command TEXT NOT NULL,
  spec TEXT NOT NULL);
CREATE INDEX containers_by_pod ON containers(pod_id);
CREATE INDEX containers_by_image ON containers(image_id);
CREATE TABLE volumes (
  name TEXT PRIMARY KEY,
  created TEXT NOT NULL,
  labels TEXT NOT NULL,
  anonymous INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE volume_uses (
  volume TEXT NOT NULL REFERENCES volumes(name),
  pod_id TEXT NOT NULL REFERENCES pods(id) ON DELETE CASCADE,
  PRIMARY KEY (volume, pod_id)) WITHOUT ROWID;
CREATE INDEX volume_uses_by_pod ON volume_uses(pod_id);
CREATE TABLE objects (
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  json TEXT NOT NULL,
  revision TEXT NOT NULL,
  created TEXT NOT NULL,
  PRIMARY KEY (kind, namespace, name)) WITHOUT ROWID;
)sql",
};

}  // namespace skiff::pod
