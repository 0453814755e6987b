// What the parts of the engine share: the places, the records and what was looked up once. Made by Engine::Open.
#pragma once

#include <memory>
#include <string>

#include "common/system_paths.h"
#include "image/store.h"
#include "network/network.h"
#include "pod/background_commands.h"
#include "pod/launch/image_cache.h"
#include "pod/launch/seccomp_profiles.h"
#include "pod/engine_events.h"
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
        seccomp(paths, runtime),
        background(paths) {}

  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  PodLayout Layout(const std::string& pod_id) const { return {paths, pod_id}; }

  common::SystemPaths paths;
  std::string runtime;  // crun, runc or a path
  std::unique_ptr<StateStore> store;
  image::Store images;
  network::Network network;
  ImageCache image_cache;
  SeccompProfiles seccomp;
  mutable BackgroundCommands background;  // also started where something is only looked at
  std::function<bool()> leave_starts;     // EngineOptions
};

struct Engine::Impl : Context {
  using Context::Context;
  GonePodEvents gone_events{paths};
};

}  // namespace skiff::pod
