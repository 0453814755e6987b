// The commands of kube.
#pragma once

#include <memory>

#include "cli/command.h"

namespace skiff::cli {

std::unique_ptr<Command> MakeKubePlay();
std::unique_ptr<Command> MakeKubeGet();
std::unique_ptr<Command> MakeKubeWait();
std::unique_ptr<Command> MakeKubeDescribe();
std::unique_ptr<Command> MakeKubeEvents();
std::unique_ptr<Command> MakeKubeLogs();
std::unique_ptr<Command> MakeKubeExec();
std::unique_ptr<Command> MakeKubeDelete();
std::unique_ptr<Command> MakeKubeApply();
std::unique_ptr<Command> MakeKubeScale();
std::unique_ptr<Command> MakeKubeRolloutStatus();
std::unique_ptr<Command> MakeKubeDown();
std::unique_ptr<Command> MakeKubeGenerate();
std::unique_ptr<Command> MakeRetryImages();

}  // namespace skiff::cli
