// The commands of kube.
#pragma once

#include <memory>

#include "cli/command.h"

namespace skiff::cli {

std::unique_ptr<Command> MakeKubePlay();
std::unique_ptr<Command> MakeKubeDown();
std::unique_ptr<Command> MakeKubeGenerate();

}  // namespace skiff::cli
