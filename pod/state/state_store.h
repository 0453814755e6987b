// state.db: the records of pods, containers, volumes and applied objects (design.md: state). Unique constraints are the
// locks for names. Each call is one transaction of a millisecond at most; none is held across anything that waits. Safe to
// use from several threads.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "pod/engine.h"
#include "pod/spec.h"

namespace skiff::pod {

class Database;

struct PodRecord {
  std::string id;
  std::string created;  // RFC 3339
  PodSpec spec;         // without its containers: they have records of their own
};

struct ContainerRecord {
  std::string id;
  std::string pod_id;
  std::string name;  // as shown, unique
  std::string created;
  std::string image_id;
  std::string image_name;
  std::vector<std::string> command;  // entrypoint and arguments, before $(NAME) is expanded
  ContainerSpec spec;
};

class StateStore {
 public:
  using Object = Engine::StoredObject;
  using Volume = Engine::VolumeInfo;  // mount_point is not stored

  // Creates the database or brings it to this program's schema. kInvalid: damaged, or written by a newer skiff; the file is
  // left as it is and the message tells the remedy.
  static common::Result<std::unique_ptr<StateStore>> Open(const std::string& path);
  ~StateStore();

  // One transaction; kExists names what is taken. A container name is taken as it is, except with `rename_taken`: then
  // "-" and the start of the id are appended to a name that another container has.
  common::Result<> InsertPod(const PodRecord& pod, std::vector<ContainerRecord> containers,
                             const std::vector<std::string>& volumes, bool rename_taken);
  // Also adds these volumes to the pod. kNotFound: the pod is gone.
  common::Result<> InsertContainer(const ContainerRecord& container, const std::vector<pod::Volume>& volumes = {});
  // Another spec for a record that is there; without its containers. kNotFound: it is gone.
  common::Result<> UpdatePod(const std::string& id, const PodSpec& spec);
  common::Result<> UpdateContainer(const std::string& id, const ContainerSpec& spec);
  // What is known of containers once their images are: image, command and spec, all in one transaction. kNotFound: one is gone.
  common::Result<> SetImages(const std::vector<ContainerRecord>& containers);
  // Unknown ids are fine. Of `volumes` those go as well that no other pod uses.
  common::Result<> DeletePod(const std::string& id, const std::vector<std::string>& volumes = {});
  // Of `volumes` its pod loses all, and those go as well that no other pod uses.
  common::Result<> DeleteContainer(const std::string& id, const std::vector<std::string>& volumes = {});

  common::Result<std::optional<PodRecord>> GetPod(const std::string& id);
  common::Result<std::vector<PodRecord>> Pods();          // oldest first
  common::Result<std::vector<std::string>> PodIds();
  common::Result<std::optional<ContainerRecord>> GetContainer(const std::string& id);
  // Init containers first, in their order; of one pod, or of all ("").
  common::Result<std::vector<ContainerRecord>> Containers(const std::string& pod_id = "");
  common::Result<bool> ImageInUse(const std::string& image_id);

  // Ids whose name matches, else whose id begins with the text.
  common::Result<std::vector<std::string>> FindPods(const std::string& kube_namespace, const std::string& name);
  common::Result<std::vector<std::string>> FindPodsByPrefix(const std::string& id_prefix);
  common::Result<std::vector<std::string>> FindContainersByName(const std::string& name);
  common::Result<std::vector<std::string>> FindContainersByPrefix(const std::string& id_prefix);

  // Keeps an existing record (and its labels). Returns what is stored.
  common::Result<Volume> InsertVolume(const Volume& volume);
  common::Result<std::vector<Volume>> Volumes();
  // Names of the pods that use it.
  common::Result<std::vector<std::string>> VolumeUsers(const std::string& name);
  // kBusy: a pod uses it; kNotFound.
  common::Result<> DeleteVolume(const std::string& name);

  common::Result<> PutObject(const Object& object);
  common::Result<std::optional<Object>> GetObject(const std::string& kind, const std::string& kube_namespace,
                                                  const std::string& name);
  common::Result<std::vector<Object>> Objects(const std::string& kind);  // "": all
  common::Result<> DeleteObject(const std::string& kind, const std::string& kube_namespace, const std::string& name);

  // A single remembered value, empty if never set.
  common::Result<std::string> GetSetting(const std::string& name);
  common::Result<> PutSetting(const std::string& name, const std::string& value);

 private:
  explicit StateStore(std::unique_ptr<Database> database);
  common::Result<> Migrate();
  common::Result<std::vector<std::string>> Strings(const char* sql, const std::string& first = "",
                                                   const std::string& second = "");
  common::Result<> InsertContainerRow(const ContainerRecord& container, int64_t position, bool rename_taken);
  common::Result<> InsertVolumeRow(const Volume& volume);
  common::Result<> UseVolume(const std::string& name, const std::string& pod_id);
  common::Result<> TakeVolumesFromPodOf(const std::string& container_id, const std::vector<std::string>& volumes);
  common::Result<> DeleteUnusedVolumes(const std::vector<std::string>& volumes);

  std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

}  // namespace skiff::pod
