// The environment and the command line of a container (kube-semantics.md 5).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "image/store.h"
#include "pod/spec.h"

namespace skiff::pod {

// What is known only when the pod starts.
struct LateValues {
  std::string hostname;
  std::string home;  // of the user
  std::vector<std::string> pod_ips;
  std::vector<std::string> host_ips;
  std::map<std::string, std::string> services;  // variables of Services
};

struct Environment {
  std::vector<std::string> variables;             // "K=V", each name once
  std::map<std::string, std::string> expandable;  // what $(NAME) in the command means: the spec's own, not the image's
};

// Image ENV, those of Services, then the spec's, later entries win. PATH, HOME, HOSTNAME and (for a terminal) TERM unless given.
Environment BuildEnvironment(const ContainerSpec& spec, const image::ImageConfig& image, const LateValues& late);

// `command` against ENTRYPOINT and `args` against CMD (kube-semantics.md 5.1); empty when neither gives anything.
std::vector<std::string> BuildCommand(const ContainerSpec& spec, const image::ImageConfig& image);
std::vector<std::string> ExpandCommand(std::vector<std::string> command, const Environment& environment);

}  // namespace skiff::pod
