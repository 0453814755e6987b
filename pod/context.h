// What the parts of the engine share: the places, the records and what was looked up once. Made by Engine::Open.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "common/system_paths.h"
#include "image/store.h"
#include "network/network.h"
#include "pod/launch/image_cache.h"
#include "pod/launch/seccomp_profiles.h"
#include "pod/pod_layout.h"
#include "pod/state/operation_lock.h"
#include "pod/state/state_store.h"

namespace skiff::pod {

struct Context {
  Context(common::SystemPaths system_paths, std::string runtime_program, std::unique_ptr<StateStore> state_store)
      : paths(std::move(system_paths)),
        runtime(std::move(runtime_program)),
        store(std::move(state_store)),
        images(paths),
        network(paths),
        image_cache(images),
        seccomp(paths, runtime) {}

  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context();

  PodLayout Layout(const std::string& pod_id) const { return {paths, pod_id}; }

  common::SystemPaths paths;
  std::string runtime;  // crun, runc or a path
  std::unique_ptr<StateStore> store;
  image::Store images;
  network::Network network;
  ImageCache image_cache;
  SeccompProfiles seccomp;
  // Our processes that remove networks which no pod needs any more. Waited for at the end, so that they are gone when the command
  // is; not when `leave_clean_ups`.
  std::vector<pid_t> clean_ups;
  bool leave_clean_ups = false;
};

struct Engine::Impl : Context {
  using Context::Context;
};

}  // namespace skiff::pod
