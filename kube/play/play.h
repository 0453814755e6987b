// `kube play`: makes what the objects of a manifest say, idempotently. Unchanged objects keep running with the same ids,
// changed ones are replaced, missing pods are created, pods that a smaller `replicas` no longer wants are removed, and pods
// that should run and do not are started again. Everything is resolved and checked before the first change.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/result.h"
#include "kube/model/types/object.h"
#include "kube/play/backend.h"
#include "kube/play/image_wish.h"
#include "kube/translate/node.h"

namespace skiff::kube {

struct PlayOptions {
  bool replace = false;  // replace unchanged pods too, and pods of the same name that were not made by kube play
  bool start = true;     // false: create only
  std::optional<pod::NetworkSpec> network;  // --network, of all pods; absent: the default network
  std::vector<std::string> publish;   // --publish [[HOSTIP:]HOST:]CONTAINER[/PROTO]: replaces the hostPorts of its port
  bool as_before = false;             // Deployments: network and publish as at their last play (played_with.h) instead
  std::vector<Object> config_maps;    // --configmap FILE: looked up like those of the manifest, not kept
  ImageProvider provide_images;       // absent: the images have to be in the store
  ObjectReader read_object;           // for ConfigMaps and Secrets of earlier calls
  unsigned workers = 0;               // pods handled at once; 0: twice the cores
  std::optional<NodeInfo> node;       // absent: this machine
};

// kConfigured: the definition of an object changed, or the number of its pods; kReplaced: a pod was.
enum class Change { kUnchanged, kCreated, kConfigured, kReplaced };
std::string_view ChangeName(Change change);  // "unchanged", "created", "configured", "replaced"

struct ObjectResult {
  std::string kind;
  std::string kube_namespace;
  std::string name;
  Change change = Change::kUnchanged;
};

struct PodResult {
  std::string owner;  // "Pod/default/web", "Deployment/default/web"
  std::string kube_namespace;
  std::string name;
  std::string id;                          // empty: not created
  std::vector<std::string> container_ids;  // app containers in the manifest's order
  Change change = Change::kUnchanged;
  std::string waiting;   // for an image: ErrImagePull, ErrImageNeverPull; it is recorded and not started
  bool started = false;  // by this call; with kUnchanged: it had ended or never started
  bool repaired = false;  // it runs, and its network lacked what another program had removed
};

// A pod that is recorded and waits for images.
struct WaitingPod {
  struct Wait {
    std::string container;
    ImageWish wish;
  };
  std::string id;
  PullSecretNames pull_secrets;
  std::vector<Wait> waits;
};

struct PlayReport {
  std::vector<ObjectResult> objects;  // in the order of the manifest
  std::vector<PodResult> pods;        // in the order of the manifest, replicas one after another
  std::vector<WaitingPod> waiting;
  std::vector<std::string> removed_pods;  // ids: replaced, or too many replicas
  std::vector<std::string> volumes;       // named volumes of the manifest's claims
  std::vector<std::string> secrets;       // uids of the manifest's Secrets
  std::vector<std::string> warnings;
  bool refused = false;  // for its errors, before the first change
  std::vector<common::Error> errors;  // not empty: exit code 125; what did not fail is in place
};

// What happens while Play runs, for progress output; called from several threads, one at a time.
struct PlayObserver {
  std::function<void(const PodResult&)> pod_done;
  std::function<void(const std::string&)> warning;
};

PlayReport Play(const std::vector<Object>& objects, const PlayOptions& options, const BackendFactory& open_backend,
                const PlayObserver& observer = {});

}  // namespace skiff::kube
