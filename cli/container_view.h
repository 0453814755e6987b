// Containers as lists show them.
#pragma once

#include <string>
#include <vector>

#include "cli/filter.h"
#include "common/json.h"
#include "common/result.h"
#include "pod/engine.h"

namespace skiff::cli {

// In podman's words (created, running, restarting, exited): what Kubernetes calls waiting is "created" before the first run.
std::string EngineState(const supervisor::ContainerStatus& status);
// Of the run that has ended last, also while the next one is being made.
int LastExitCode(const supervisor::ContainerStatus& status);

// A container and its pod; both belong to the list that it was made from.
struct ContainerView {
  const pod::PodInfo* pod = nullptr;
  const pod::ContainerInfo* container = nullptr;

  bool Runs() const;
  std::string State() const;                    // created, running, restarting, exited
  std::string Status() const;                   // "Up 5 seconds ago", "Exited (3) 2 hours ago"
  std::vector<pod::PortMapping> Ports() const;  // published ones, of the whole pod
  std::vector<std::string> Networks() const;
  std::vector<std::string> MountPaths() const;
};

std::vector<ContainerView> MakeContainerViews(const std::vector<pod::PodInfo>& pods);
// The published ports of a pod and its containers.
std::vector<pod::PortMapping> PodPorts(const pod::PodInfo& pod);

// Members as `podman ps --format json` has them.
common::JsonValue ContainerJson(const ContainerView& view, common::JsonBuilder& builder);
// Members as templates of `podman ps --format` name them, all of them text.
common::JsonValue ContainerRow(const ContainerView& view, bool no_truncation, common::JsonBuilder& builder);

std::vector<std::string> ContainerFilterKeys();
common::Result<std::vector<ContainerView>> FilterContainers(std::vector<ContainerView> views,
                                                            const Filters& filters);
common::Result<> SortContainers(std::vector<ContainerView>& views, const std::string& key);

}  // namespace skiff::cli
