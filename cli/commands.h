// Every command's constructor; commands.cc has the tree, one file per group the classes.
#pragma once

#include <memory>

#include "cli/command.h"

namespace skiff::cli {

// container_run.cc
std::unique_ptr<Command> MakeRun();
std::unique_ptr<Command> MakeCreate();
// container_control.cc
std::unique_ptr<Command> MakeStart();
std::unique_ptr<Command> MakeStop();
std::unique_ptr<Command> MakeKill();
std::unique_ptr<Command> MakeRestart();
std::unique_ptr<Command> MakeRemove();
std::unique_ptr<Command> MakeWait();
std::unique_ptr<Command> MakeContainerExists();
// container_list.cc
std::unique_ptr<Command> MakePs();
std::unique_ptr<Command> MakePort();
// container_streams.cc
std::unique_ptr<Command> MakeExec();
std::unique_ptr<Command> MakeAttach();
std::unique_ptr<Command> MakeLogs();
std::unique_ptr<Command> MakePodLogs();
// inspect.cc
std::unique_ptr<Command> MakeInspect();
std::unique_ptr<Command> MakeContainerInspect();
std::unique_ptr<Command> MakePodInspect();
std::unique_ptr<Command> MakeImageInspect();
std::unique_ptr<Command> MakeVolumeInspect();
// pod_commands.cc
std::unique_ptr<Command> MakePodCreate();
std::unique_ptr<Command> MakePodPs();
std::unique_ptr<Command> MakePodStart();
std::unique_ptr<Command> MakePodStop();
std::unique_ptr<Command> MakePodKill();
std::unique_ptr<Command> MakePodRestart();
std::unique_ptr<Command> MakePodRemove();
std::unique_ptr<Command> MakePodExists();
// image/: build.cc, commit.cc, diff.cc, history.cc, list.cc, load.cc, mount.cc, names.cc, prune.cc, remove.cc, save.cc, tree.cc
std::unique_ptr<Command> MakeBuild();
std::unique_ptr<Command> MakeCommit();
std::unique_ptr<Command> MakeExport();
std::unique_ptr<Command> MakeDiff();
std::unique_ptr<Command> MakeContainerDiff();
std::unique_ptr<Command> MakeImageDiff();
std::unique_ptr<Command> MakeHistory();
std::unique_ptr<Command> MakeImages();
std::unique_ptr<Command> MakeImageLoad();
std::unique_ptr<Command> MakeImageImport();
std::unique_ptr<Command> MakeImageMount();
std::unique_ptr<Command> MakeImageUnmount();
std::unique_ptr<Command> MakeImageTag();
std::unique_ptr<Command> MakeImageUntag();
std::unique_ptr<Command> MakeImageExists();
std::unique_ptr<Command> MakeImagePrune();
std::unique_ptr<Command> MakeImageRemove();
std::unique_ptr<Command> MakeSave();
std::unique_ptr<Command> MakeImageTree();
// registry/
std::unique_ptr<Command> MakeImagePull();
std::unique_ptr<Command> MakeImagePush();
std::unique_ptr<Command> MakeLogin();
std::unique_ptr<Command> MakeLogout();
std::unique_ptr<Command> MakeSearch();
std::unique_ptr<Command> MakeManifestInspect();
// volume_commands.cc
std::unique_ptr<Command> MakeVolumeCreate();
std::unique_ptr<Command> MakeVolumeList();
std::unique_ptr<Command> MakeVolumeRemove();
std::unique_ptr<Command> MakeVolumeExists();
// system_commands.cc
std::unique_ptr<Command> MakeInfo();
std::unique_ptr<Command> MakeVersion();
std::unique_ptr<Command> MakeCleanUpPod();
// events.cc
std::unique_ptr<Command> MakeEvents();
// healthcheck.cc
std::unique_ptr<Command> MakeHealthcheckRun();
std::unique_ptr<Command> MakeAdoptPods();
std::unique_ptr<Command> MakeFollowPods();
std::unique_ptr<Command> MakeWireSandbox();
// completion.cc
std::unique_ptr<Command> MakeCompletion();

}  // namespace skiff::cli
