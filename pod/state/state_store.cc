#include "pod/state/state_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "common/clock.h"
#include "common/json_fields.h"
#include "pod/state/schema.h"
#include "pod/state/spec_json.h"
#include "pod/state/sqlite.h"

namespace skiff::pod {
namespace {

using common::Error;
using common::ErrorCode;
using common::MakeError;
using common::Result;

constexpr char kPodColumns[] = "SELECT id, created, spec FROM pods";
constexpr char kContainerColumns[] =
    "SELECT id, pod_id, name, created, image_id, image_name, command, spec FROM containers";
constexpr char kObjectColumns[] = "SELECT kind, namespace, name, uid, json, revision, created FROM objects";

// A struct only to use the field writer on a list and on a map.
struct Strings {
  std::vector<std::string> list;
  std::map<std::string, std::string> map;
};
template <typename V>
void VisitFields(V& v, Strings& s) {
  v("list", s.list);
  v("map", s.map);
}

std::string UniqueName(const PodRecord& pod) {
  return pod.spec.implicit ? pod.id : pod.spec.kube_namespace + "/" + pod.spec.name;
}

Result<PodRecord> ReadPod(const Statement& row) {
  PodRecord pod{.id = row.Text(0), .created = row.Text(1)};
  ASSIGN_OR_RETURN(pod.spec, DecodePodSpec(row.Text(2), "state.db: pod " + pod.id));
  return pod;
}

Result<ContainerRecord> ReadContainer(const Statement& row) {
  ContainerRecord container{.id = row.Text(0),
                            .pod_id = row.Text(1),
                            .name = row.Text(2),
                            .created = row.Text(3),
                            .image_id = row.Text(4),
                            .image_name = row.Text(5)};
  const std::string what = "state.db: container " + container.name;
  ASSIGN_OR_RETURN(Strings command, common::DecodeJson<Strings>(row.Text(6), what));
  container.command = std::move(command.list);
  ASSIGN_OR_RETURN(container.spec, DecodeContainerSpec(row.Text(7), what));
  return container;
}

Result<StateStore::Volume> ReadVolume(const Statement& row) {
  StateStore::Volume volume;
  volume.name = row.Text(0);
  volume.created = row.Text(1);
  ASSIGN_OR_RETURN(Strings labels, common::DecodeJson<Strings>(row.Text(2), "state.db: volume " + volume.name));
  volume.labels = std::move(labels.map);
  volume.anonymous = row.Integer(3) != 0;
  return volume;
}

Result<StateStore::Object> ReadObject(const Statement& row) {
  return StateStore::Object{.kind = row.Text(0),
                            .kube_namespace = row.Text(1),
                            .name = row.Text(2),
                            .uid = row.Text(3),
                            .json = row.Text(4),
                            .revision = row.Text(5),
                            .created = row.Text(6)};
}

// All rows of a statement, each through `read`.
template <typename T>
Result<std::vector<T>> ReadAll(Statement& statement, Result<T> (*read)(const Statement&)) {
  std::vector<T> rows;
  for (;;) {
    ASSIGN_OR_RETURN(const bool more, statement.Step());
    if (!more) return rows;
    ASSIGN_OR_RETURN(T row, read(statement));
    rows.push_back(std::move(row));
  }
}

template <typename T>
Result<std::optional<T>> ReadOne(Statement& statement, Result<T> (*read)(const Statement&)) {
  ASSIGN_OR_RETURN(std::vector<T> rows, ReadAll(statement, read));
  if (rows.empty()) return std::optional<T>();
  return std::optional<T>(std::move(rows.front()));
}

// The smallest text that is greater than every text with this prefix (ids are hexadecimal).
std::string AfterPrefix(const std::string& prefix) { return prefix + "g"; }

}  // namespace

StateStore::StateStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
StateStore::~StateStore() = default;

Result<std::unique_ptr<StateStore>> StateStore::Open(const std::string& path) {
  ASSIGN_OR_RETURN(auto database, Database::Open(path));
  std::unique_ptr<StateStore> store(new StateStore(std::move(database)));
  TRY(store->Migrate());
  return store;
}

Result<> StateStore::Migrate() {
  const auto version = [this]() -> Result<int64_t> {
    ASSIGN_OR_RETURN(Statement statement, database_->Query("PRAGMA user_version"));
    TRY(statement.Step());
    return statement.Integer(0);
  };
  const auto newest = static_cast<int64_t>(kSchemaSteps.size());
  ASSIGN_OR_RETURN(int64_t current, version());
  if (current == newest) return {};
  if (current > newest) {
    return MakeError(ErrorCode::kInvalid,
                     "{} was written by a newer skiff (schema {}, this program knows {}): use that version, or another "
                     "state directory (SKIFF_STATE_DIR)",
                     database_->path(), current, newest);
  }
  ASSIGN_OR_RETURN(const common::FileLock turnstile, common::FileLock::Acquire(database_->path() + ".lock"));
  ASSIGN_OR_RETURN(current, version());  // another command may have been first
  if (current == newest) return {};
  // The journal mode is kept in the file and cannot change inside a transaction.
  if (current == 0) {
    if (::chmod(database_->path().c_str(), 0600) != 0) return common::ErrnoError("chmod {}", database_->path());
    TRY(database_->ExecuteScript("PRAGMA journal_mode = WAL"));
  }
  TRY(database_->ExecuteScript("BEGIN IMMEDIATE"));
  for (; current < newest; ++current) {
    TRY(database_->ExecuteScript(kSchemaSteps[static_cast<size_t>(current)]), "schema step {}", current + 1);
  }
  TRY(database_->ExecuteScript(fmt::format("PRAGMA user_version = {}", newest).c_str()));
  return database_->ExecuteScript("COMMIT");  // not reached: closing the connection rolls back
}

Result<std::vector<std::string>> StateStore::Strings(const char* sql, const std::string& first,
                                                     const std::string& second) {
  ASSIGN_OR_RETURN(Statement statement, database_->Query(sql, first, second));
  return ReadAll<std::string>(statement, +[](const Statement& row) { return Result<std::string>(row.Text(0)); });
}

Result<> StateStore::InsertContainerRow(const ContainerRecord& container, int64_t position, bool rename_taken) {
  std::string name = container.name;
  ASSIGN_OR_RETURN(const auto taken, Strings("SELECT pod_id FROM containers WHERE name = ?1", name));
  if (!taken.empty()) {
    if (!rename_taken) {
      return MakeError(ErrorCode::kExists,
                       "the container name \"{}\" is in use: remove that container (skiff rm {}) or choose another name",
                       name, name);
    }
    name += "-" + container.id.substr(0, 6);
  }
  struct Strings command{.list = container.command};
  return database_->Execute(
      "INSERT INTO containers (id, pod_id, name, position, created, image_id, image_name, command, spec)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      container.id, container.pod_id, name, position, container.created, container.image_id, container.image_name,
      common::EncodeJson(command), EncodeContainerSpec(container.spec));
}

Result<> StateStore::InsertVolumeRow(const Volume& volume) {
  struct Strings labels{.map = volume.labels};
  return database_->Execute("INSERT OR IGNORE INTO volumes (name, created, labels, anonymous) VALUES (?, ?, ?, ?)",
                            volume.name, volume.created, common::EncodeJson(labels), int64_t{volume.anonymous});
}

Result<> StateStore::UseVolume(const std::string& name, const std::string& pod_id) {
  // A name that nobody would type was made up for a volume that is to go with its container.
  const bool anonymous = name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
  TRY(InsertVolumeRow({.name = name, .created = common::FormatTime(common::Now()), .anonymous = anonymous}));
  return database_->Execute("INSERT OR IGNORE INTO volume_uses (volume, pod_id) VALUES (?, ?)", name, pod_id);
}

Result<> StateStore::InsertPod(const PodRecord& pod, std::vector<ContainerRecord> containers,
                               const std::vector<std::string>& volumes, bool rename_taken) {
  const std::lock_guard guard(mutex_);
  PodSpec spec = pod.spec;
  spec.containers.clear();
  spec.init_containers.clear();
  const std::string text = EncodePodSpec(spec);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  const auto inserted = database_->Execute("INSERT INTO pods (id, unique_name, created, spec) VALUES (?, ?, ?, ?)",
                                           pod.id, UniqueName(pod), pod.created, text);
  if (!inserted) {
    if (inserted.error().code() != ErrorCode::kExists) return inserted.error();
    return MakeError(ErrorCode::kExists,
                     "the pod name \"{}\" is in use{}: remove that pod (skiff pod rm {}) or choose another name", spec.name,
                     spec.kube_namespace == "default" ? "" : " in namespace " + spec.kube_namespace, spec.name);
  }
  for (size_t i = 0; i < containers.size(); ++i) {
    TRY(InsertContainerRow(containers[i], static_cast<int64_t>(i), rename_taken));
  }
  for (const std::string& name : volumes) TRY(UseVolume(name, pod.id));
  return transaction.Commit();
}

Result<> StateStore::UpdatePod(const std::string& id, const PodSpec& spec) {
  const std::lock_guard guard(mutex_);
  PodSpec own = spec;
  own.containers.clear();
  own.init_containers.clear();
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  ASSIGN_OR_RETURN(const auto known, Strings("SELECT id FROM pods WHERE id = ?1", id));
  if (known.empty()) return MakeError(ErrorCode::kNotFound, "pod {} has been removed", id);
  TRY(database_->Execute("UPDATE pods SET spec = ? WHERE id = ?", EncodePodSpec(own), id));
  return transaction.Commit();
}

Result<> StateStore::UpdateContainer(const std::string& id, const ContainerSpec& spec) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  ASSIGN_OR_RETURN(const auto known, Strings("SELECT id FROM containers WHERE id = ?1", id));
  if (known.empty()) return MakeError(ErrorCode::kNotFound, "container {} has been removed", id);
  TRY(database_->Execute("UPDATE containers SET spec = ? WHERE id = ?", EncodeContainerSpec(spec), id));
  return transaction.Commit();
}

Result<> StateStore::SetImages(const std::vector<ContainerRecord>& containers) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  for (const ContainerRecord& container : containers) {
    ASSIGN_OR_RETURN(const auto known, Strings("SELECT id FROM containers WHERE id = ?1", container.id));
    if (known.empty()) return MakeError(ErrorCode::kNotFound, "container {} has been removed", container.id);
    struct Strings command{.list = container.command};
    TRY(database_->Execute("UPDATE containers SET image_id = ?, image_name = ?, command = ?, spec = ? WHERE id = ?",
                           container.image_id, container.image_name, common::EncodeJson(command),
                           EncodeContainerSpec(container.spec), container.id));
  }
  return transaction.Commit();
}

Result<> StateStore::InsertContainer(const ContainerRecord& container, const std::vector<pod::Volume>& volumes) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  ASSIGN_OR_RETURN(Statement row, database_->Query((std::string(kPodColumns) + " WHERE id = ?").c_str(), container.pod_id));
  ASSIGN_OR_RETURN(auto pod, ReadOne(row, &ReadPod));
  if (!pod) return MakeError(ErrorCode::kNotFound, "pod {} has been removed", container.pod_id);
  ASSIGN_OR_RETURN(Statement last, database_->Query("SELECT COALESCE(MAX(position), -1) FROM containers WHERE pod_id = ?",
                                                    container.pod_id));
  TRY(last.Step());
  TRY(InsertContainerRow(container, last.Integer(0) + 1, false));
  if (!volumes.empty()) {
    pod->spec.volumes.insert(pod->spec.volumes.end(), volumes.begin(), volumes.end());
    TRY(database_->Execute("UPDATE pods SET spec = ? WHERE id = ?", EncodePodSpec(pod->spec), pod->id));
  }
  for (const pod::Volume& volume : volumes) {
    if (volume.named) TRY(UseVolume(volume.named->name, container.pod_id));
  }
  return transaction.Commit();
}

Result<> StateStore::DeletePod(const std::string& id, const std::vector<std::string>& volumes) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  TRY(database_->Execute("DELETE FROM pods WHERE id = ?", id));
  TRY(DeleteUnusedVolumes(volumes));
  return transaction.Commit();
}

Result<> StateStore::DeleteUnusedVolumes(const std::vector<std::string>& volumes) {
  for (const std::string& volume : volumes)
    TRY(database_->Execute("DELETE FROM volumes WHERE name = ?1 AND NOT EXISTS (SELECT 1 FROM volume_uses WHERE volume = ?1)",
                           volume));
  return {};
}

Result<> StateStore::TakeVolumesFromPodOf(const std::string& container_id, const std::vector<std::string>& volumes) {
  ASSIGN_OR_RETURN(Statement row,
                   database_->Query((std::string(kPodColumns) + " WHERE id = (SELECT pod_id FROM containers WHERE id = ?)").c_str(),
                                    container_id));
  ASSIGN_OR_RETURN(auto pod, ReadOne(row, &ReadPod));
  if (!pod) return {};
  std::erase_if(pod->spec.volumes, [&](const pod::Volume& volume) {
    return volume.named && std::ranges::find(volumes, volume.named->name) != volumes.end();
  });
  TRY(database_->Execute("UPDATE pods SET spec = ? WHERE id = ?", EncodePodSpec(pod->spec), pod->id));
  for (const std::string& volume : volumes)
    TRY(database_->Execute("DELETE FROM volume_uses WHERE volume = ? AND pod_id = ?", volume, pod->id));
  return {};
}

Result<> StateStore::DeleteContainer(const std::string& id, const std::vector<std::string>& volumes) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  if (!volumes.empty()) TRY(TakeVolumesFromPodOf(id, volumes));
  TRY(database_->Execute("DELETE FROM containers WHERE id = ?", id));
  TRY(DeleteUnusedVolumes(volumes));
  return transaction.Commit();
}

Result<std::optional<PodRecord>> StateStore::GetPod(const std::string& id) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(Statement rows, database_->Query((std::string(kPodColumns) + " WHERE id = ?").c_str(), id));
  return ReadOne(rows, &ReadPod);
}

Result<std::vector<PodRecord>> StateStore::Pods() {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(Statement rows, database_->Query((std::string(kPodColumns) + " ORDER BY sequence").c_str()));
  return ReadAll(rows, &ReadPod);
}

Result<std::vector<std::string>> StateStore::PodIds() {
  const std::lock_guard guard(mutex_);
  return Strings("SELECT id FROM pods ORDER BY sequence");
}

Result<std::optional<ContainerRecord>> StateStore::GetContainer(const std::string& id) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(Statement rows, database_->Query((std::string(kContainerColumns) + " WHERE id = ?").c_str(), id));
  return ReadOne(rows, &ReadContainer);
}

Result<std::vector<ContainerRecord>> StateStore::Containers(const std::string& pod_id) {
  const std::lock_guard guard(mutex_);
  if (pod_id.empty()) {
    ASSIGN_OR_RETURN(Statement rows,
                     database_->Query((std::string(kContainerColumns) + " ORDER BY pod_id, position").c_str()));
    return ReadAll(rows, &ReadContainer);
  }
  ASSIGN_OR_RETURN(
      Statement rows,
      database_->Query((std::string(kContainerColumns) + " WHERE pod_id = ? ORDER BY position").c_str(), pod_id));
  return ReadAll(rows, &ReadContainer);
}

Result<bool> StateStore::ImageInUse(const std::string& image_id) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(const auto users, Strings("SELECT id FROM containers WHERE image_id = ?1 LIMIT 1", image_id));
  return !users.empty();
}

Result<std::vector<std::string>> StateStore::FindPods(const std::string& kube_namespace, const std::string& name) {
  const std::lock_guard guard(mutex_);
  return Strings("SELECT id FROM pods WHERE unique_name = ?1", kube_namespace + "/" + name);
}

Result<std::vector<std::string>> StateStore::FindPodsByPrefix(const std::string& id_prefix) {
  const std::lock_guard guard(mutex_);
  return Strings("SELECT id FROM pods WHERE id >= ?1 AND id < ?2", id_prefix, AfterPrefix(id_prefix));
}

Result<std::vector<std::string>> StateStore::FindContainersByName(const std::string& name) {
  const std::lock_guard guard(mutex_);
  return Strings("SELECT id FROM containers WHERE name = ?1", name);
}

Result<std::vector<std::string>> StateStore::FindContainersByPrefix(const std::string& id_prefix) {
  const std::lock_guard guard(mutex_);
  return Strings("SELECT id FROM containers WHERE id >= ?1 AND id < ?2", id_prefix, AfterPrefix(id_prefix));
}

Result<StateStore::Volume> StateStore::InsertVolume(const Volume& volume) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  TRY(InsertVolumeRow(volume));
  ASSIGN_OR_RETURN(Statement row, database_->Query("SELECT name, created, labels, anonymous FROM volumes WHERE name = ?",
                                                   volume.name));
  TRY(row.Step());
  ASSIGN_OR_RETURN(Volume stored, ReadVolume(row));
  TRY(transaction.Commit());
  return stored;
}

Result<std::vector<StateStore::Volume>> StateStore::Volumes() {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(Statement rows, database_->Query("SELECT name, created, labels, anonymous FROM volumes ORDER BY name"));
  return ReadAll(rows, &ReadVolume);
}

Result<std::vector<std::string>> StateStore::VolumeUsers(const std::string& name) {
  const std::lock_guard guard(mutex_);
  return Strings("SELECT unique_name FROM pods JOIN volume_uses ON pods.id = pod_id WHERE volume = ?1", name);
}

Result<> StateStore::DeleteVolume(const std::string& name) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  TRY(database_->Execute("DELETE FROM volumes WHERE name = ?", name));
  if (database_->Changes() == 0) return MakeError(ErrorCode::kNotFound, "no such volume: {}", name);
  return transaction.Commit();
}

Result<> StateStore::PutObject(const Object& object) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  TRY(database_->Execute("INSERT OR REPLACE INTO objects (kind, namespace, name, uid, json, revision, created)"
                         " VALUES (?, ?, ?, ?, ?, ?, ?)",
                         object.kind, object.kube_namespace, object.name, object.uid, object.json, object.revision,
                         object.created));
  return transaction.Commit();
}

Result<std::optional<StateStore::Object>> StateStore::GetObject(const std::string& kind,
                                                                const std::string& kube_namespace,
                                                                const std::string& name) {
  const std::lock_guard guard(mutex_);
  const std::string sql = std::string(kObjectColumns) + " WHERE kind = ? AND namespace = ? AND name = ?";
  ASSIGN_OR_RETURN(Statement rows, database_->Query(sql.c_str(), kind, kube_namespace, name));
  return ReadOne(rows, &ReadObject);
}

Result<std::vector<StateStore::Object>> StateStore::Objects(const std::string& kind) {
  const std::lock_guard guard(mutex_);
  const std::string sql = std::string(kObjectColumns) + " WHERE ?1 = '' OR kind = ?1 ORDER BY kind, namespace, name";
  ASSIGN_OR_RETURN(Statement rows, database_->Query(sql.c_str(), kind));
  return ReadAll(rows, &ReadObject);
}

Result<> StateStore::DeleteObject(const std::string& kind, const std::string& kube_namespace, const std::string& name) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  TRY(database_->Execute("DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?", kind, kube_namespace, name));
  return transaction.Commit();
}

Result<std::string> StateStore::GetSetting(const std::string& name) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(const auto values, Strings("SELECT value FROM settings WHERE name = ?1", name));
  return values.empty() ? "" : values.front();
}

Result<> StateStore::PutSetting(const std::string& name, const std::string& value) {
  const std::lock_guard guard(mutex_);
  ASSIGN_OR_RETURN(WriteTransaction transaction, WriteTransaction::Begin(*database_));
  TRY(database_->Execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, value));
  return transaction.Commit();
}

}  // namespace skiff::pod
