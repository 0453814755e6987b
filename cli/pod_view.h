// Pods as lists and inspect show them.
#pragma once

#include <string>

#include "common/json.h"
#include "pod/engine.h"

namespace skiff::cli {

// Created, Running, Degraded (some containers have ended), Exited, Stopped.
std::string PodState(const pod::PodInfo& pod);
// The names of its networks, each once; of one that does not run those it will be on.
std::vector<std::string> PodNetworks(const pod::PodInfo& pod);
// Members as `podman pod ps --format json` has them.
common::JsonValue PodListJson(const pod::PodInfo& pod, common::JsonBuilder& builder);
// Members as templates of `podman pod ps --format` name them.
common::JsonValue PodRow(const pod::PodInfo& pod, bool no_truncation, common::JsonBuilder& builder);
// `podman pod inspect`.
common::JsonValue PodInspectJson(const pod::PodInfo& pod, common::JsonBuilder& builder);

}  // namespace skiff::cli
