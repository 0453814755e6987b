#include "cli/commands.h"

#include "cli/kube/commands.h"
#include "cli/kube/image_retry.h"
#include "cli/network/commands.h"

namespace skiff::cli {

namespace {

constexpr std::string_view kKube = "Kubernetes YAML";
constexpr std::string_view kContainers = "Containers";
constexpr std::string_view kManagement = "Pods, images, volumes";
constexpr std::string_view kSystem = "System";

constexpr std::string_view kRunOperands = "[options] IMAGE [COMMAND [ARG...]]";
constexpr std::string_view kSome = "[options] CONTAINER [CONTAINER...]";
constexpr std::string_view kSomePods = "[options] POD [POD...]";

constexpr std::string_view kObjects = "[options] TYPE NAME... | TYPE/NAME...";
constexpr CommandInfo kRolloutChildren[] = {
    {"status", "", "[options] deployment/NAME", "Wait until a Deployment has all its new pods", MakeKubeRolloutStatus},
};
constexpr CommandInfo kKubeChildren[] = {
    {"play", "", "[options] FILE... | -", "Run what Kubernetes YAML describes", MakeKubePlay},
    {"down", "", "[options] FILE... | -", "Remove what kube play made of the YAML", MakeKubeDown},
    {"generate", "", "[options] NAME...", "Write Kubernetes YAML of pods, containers or volumes",
     MakeKubeGenerate},
    {"apply", "", "[options] -f FILE", "As kube play, with kubectl's output", MakeKubeApply},
    {"delete", "", kObjects, "Delete objects, and the pods that were made of them", MakeKubeDelete},
    {"describe", "", kObjects, "Show everything about objects, with their events", MakeKubeDescribe},
    {"events", "", "[options]", "Show what happened to pods", MakeKubeEvents},
    {"exec", "", "[options] POD -- COMMAND [ARG...]", "Run a command in a container of a pod", MakeKubeExec},
    {"get", "", "[options] TYPE [NAME...] | TYPE/NAME...", "Show objects: pods, deployments, services, all", MakeKubeGet},
    {"logs", "", "[options] POD [CONTAINER]", "Show the log of a container of a pod", MakeKubeLogs},
    {"rollout", "", "", "Watch the progress of Deployments", nullptr, kRolloutChildren},
    {"scale", "", "[options] deployment/NAME", "Set the number of a Deployment's pods", MakeKubeScale},
    {"wait", "", kObjects, "Wait for a condition of objects", MakeKubeWait},
};
constexpr CommandInfo kPlayChildren[] = {
    {"kube", "", "[options] FILE... | -", "Run what Kubernetes YAML describes", MakeKubePlay},
};
constexpr CommandInfo kGenerateChildren[] = {
    {"kube", "", "[options] NAME...", "Write Kubernetes YAML of pods, containers or volumes",
     MakeKubeGenerate},
};

constexpr CommandInfo kHealthcheckChildren[] = {
    {"run", "", "CONTAINER", "Check a container's health now: exit code 0 if it is well, 1 if not", MakeHealthcheckRun},
};
constexpr CommandInfo kContainerChildren[] = {
    {"attach", "", "[options] CONTAINER", "Attach to a running container", MakeAttach},
    {"commit", "", "[options] CONTAINER [IMAGE]", "Make an image of what a container has written", MakeCommit},
    {"create", "", kRunOperands, "Create a container without starting it", MakeCreate},
    {"diff", "", "[options] CONTAINER", "List what a container has changed in its files", MakeContainerDiff},
    {"exec", "", "[options] CONTAINER COMMAND [ARG...]", "Run a command in a running container", MakeExec},
    {"exists", "", "CONTAINER", "Exit code 0 if the container exists, 1 if not", MakeContainerExists},
    {"export", "", "[options] CONTAINER", "Write a container's files as a tar archive", MakeExport},
    {"inspect", "", kSome, "Show everything about containers", MakeContainerInspect},
    {"kill", "", kSome, "Send a signal to containers", MakeKill},
    {"logs", "", kSome, "Show the logs of containers", MakeLogs},
    {"ls", "list ps", "[options]", "List containers", MakePs},
    {"port", "", "[options] CONTAINER [PORT]", "List published ports", MakePort},
    {"restart", "", kSome, "Restart containers", MakeRestart},
    {"rm", "remove", kSome, "Remove containers", MakeRemove},
    {"run", "", kRunOperands, "Run a command in a new container", MakeRun},
    {"start", "", kSome, "Start containers", MakeStart},
    {"stop", "", kSome, "Stop containers", MakeStop},
    {"wait", "", kSome, "Wait until containers end and print their exit codes", MakeWait},
};

constexpr CommandInfo kPodChildren[] = {
    {"create", "", "[options] [NAME]", "Create an empty pod", MakePodCreate},
    {"exists", "", "POD", "Exit code 0 if the pod exists, 1 if not", MakePodExists},
    {"inspect", "", kSomePods, "Show everything about pods", MakePodInspect},
    {"kill", "", kSomePods, "Send a signal to the containers of pods", MakePodKill},
    {"logs", "", "[options] POD", "Show the logs of a pod's containers", MakePodLogs},
    {"ps", "ls list", "[options]", "List pods", MakePodPs},
    {"publish", "", "POD [[IP:]HOST:]PORT...", "Publish further ports of a pod", MakePodPublish},
    {"restart", "", kSomePods, "Restart pods", MakePodRestart},
    {"rm", "remove", kSomePods, "Remove pods", MakePodRemove},
    {"start", "", kSomePods, "Start pods", MakePodStart},
    {"stop", "", kSomePods, "Stop pods", MakePodStop},
    {"unpublish", "", "POD [IP:]HOST[:PORT]...", "Take published ports of a pod back", MakePodUnpublish},
};

constexpr std::string_view kSomeImages = "[options] IMAGE [IMAGE...]";

constexpr CommandInfo kImageChildren[] = {
    {"build", "", "[options] [CONTEXT]", "Build an image with buildah", MakeBuild},
    {"diff", "", "[options] IMAGE [IMAGE]", "List what an image's last layer changes, or how an image differs from another", MakeImageDiff},
    {"exists", "", "IMAGE", "Exit code 0 if the image is here, 1 if not", MakeImageExists},
    {"history", "", "[options] IMAGE", "Show how an image was made", MakeHistory},
    {"import", "", "[options] FILE|- [NAME]", "Make an image of a root file system in a tar file",
     MakeImageImport},
    {"inspect", "", kSomeImages, "Show everything about images", MakeImageInspect},
    {"load", "", "[options] [-i FILE]", "Load images from an archive or a folder", MakeImageLoad},
    {"ls", "list", "[options] [NAME]", "List images", MakeImages},
    {"mount", "", "[options] [IMAGE...]", "Mount images read-only, or list those that are mounted", MakeImageMount},
    {"prune", "", "[options]", "Remove images that nothing needs", MakeImagePrune},
    {"pull", "", "[options] IMAGE [IMAGE...]", "Pull images from registries", MakeImagePull},
    {"push", "", "[options] IMAGE [DESTINATION]", "Push an image to a registry", MakeImagePush},
    {"rm", "remove", kSomeImages, "Remove images", MakeImageRemove},
    {"save", "", kSomeImages, "Write images to an archive or a folder", MakeSave},
    {"tag", "", "IMAGE NAME [NAME...]", "Give an image further names", MakeImageTag},
    {"tree", "", "[options] IMAGE", "Show the layers of an image", MakeImageTree},
    {"unmount", "umount", kSomeImages, "Unmount images", MakeImageUnmount},
    {"untag", "", "IMAGE [NAME...]", "Take names off an image", MakeImageUntag},
};

constexpr CommandInfo kNetworkChildren[] = {
    {"connect", "", "[options] NETWORK POD|CONTAINER", "Put a pod on a further network", MakeNetworkConnect},
    {"create", "", "[options] [NAME]", "Create a network", MakeNetworkCreate},
    {"disconnect", "", "[options] NETWORK POD|CONTAINER", "Take a pod off a network", MakeNetworkDisconnect},
    {"exists", "", "NETWORK", "Exit code 0 if the network exists, 1 if not", MakeNetworkExists},
    {"inspect", "", "[options] NETWORK [NETWORK...]", "Show everything about networks", MakeNetworkInspect},
    {"ls", "list", "[options]", "List networks", MakeNetworkList},
    {"prune", "", "[options]", "Remove the networks that nothing is on", MakeNetworkPrune},
    {"reload", "", "[options] [POD|CONTAINER...]", "Bring back links and rules that were lost", MakeNetworkReload},
    {"rm", "remove", "[options] NETWORK [NETWORK...]", "Remove networks", MakeNetworkRemove},
};

constexpr CommandInfo kVolumeChildren[] = {
    {"create", "", "[options] [NAME]", "Create a volume", MakeVolumeCreate},
    {"exists", "", "VOLUME", "Exit code 0 if the volume exists, 1 if not", MakeVolumeExists},
    {"inspect", "", "[options] VOLUME [VOLUME...]", "Show everything about volumes", MakeVolumeInspect},
    {"ls", "list", "[options]", "List volumes", MakeVolumeList},
    {"rm", "remove", "[options] VOLUME [VOLUME...]", "Remove volumes", MakeVolumeRemove},
};

constexpr CommandInfo kManifestChildren[] = {
    {"inspect", "", "[options] IMAGE", "Show the manifest or index of an image in a registry", MakeManifestInspect},
};

constexpr CommandInfo kRootChildren[] = {
    {"kube", "", "", "Play, take down and generate Kubernetes YAML", nullptr, kKubeChildren, kKube},
    {"play", "", "", "Play Kubernetes YAML ('kube play')", nullptr, kPlayChildren, kKube},
    {"generate", "", "", "Generate Kubernetes YAML ('kube generate')", nullptr, kGenerateChildren, kKube},
    {"run", "", kRunOperands, "Run a command in a new container", MakeRun, {}, kContainers},
    {"create", "", kRunOperands, "Create a container without starting it", MakeCreate, {}, kContainers},
    {"start", "", kSome, "Start containers", MakeStart, {}, kContainers},
    {"stop", "", kSome, "Stop containers", MakeStop, {}, kContainers},
    {"restart", "", kSome, "Restart containers", MakeRestart, {}, kContainers},
    {"kill", "", kSome, "Send a signal to containers", MakeKill, {}, kContainers},
    {"rm", "", kSome, "Remove containers", MakeRemove, {}, kContainers},
    {"ps", "", "[options]", "List containers", MakePs, {}, kContainers},
    {"exec",
     "",
     "[options] CONTAINER COMMAND [ARG...]",
     "Run a command in a running container",
     MakeExec,
     {},
     kContainers},
    {"attach", "", "[options] CONTAINER", "Attach to a running container", MakeAttach, {}, kContainers},
    {"logs", "", kSome, "Show the logs of containers", MakeLogs, {}, kContainers},
    {"port", "", "[options] CONTAINER [PORT]", "List published ports", MakePort, {}, kContainers},
    {"wait", "", kSome, "Wait until containers end and print their exit codes", MakeWait, {}, kContainers},
    {"inspect",
     "",
     "[options] NAME [NAME...]",
     "Show everything about containers, pods, images, volumes",
     MakeInspect,
     {},
     kContainers},
    {"healthcheck", "", "", "Check the health of containers", nullptr, kHealthcheckChildren, kContainers},
    {"container", "", "", "Manage containers", nullptr, kContainerChildren, kManagement},
    {"pod", "", "", "Manage pods", nullptr, kPodChildren, kManagement},
    {"image", "", "", "Manage images", nullptr, kImageChildren, kManagement},
    {"network", "", "", "Manage networks", nullptr, kNetworkChildren, kManagement},
    {"volume", "", "", "Manage volumes", nullptr, kVolumeChildren, kManagement},
    {"images", "", "[options] [NAME]", "List images", MakeImages, {}, kManagement},
    {"build", "", "[options] [CONTEXT]", "Build an image with buildah", MakeBuild, {}, kManagement},
    {"commit", "", "[options] CONTAINER [IMAGE]", "Make an image of what a container has written", MakeCommit, {}, kManagement},
    {"diff", "", "[options] NAME [IMAGE]", "List what a container or an image's last layer changes, or how an image differs from another", MakeDiff, {}, kManagement},
    {"export", "", "[options] CONTAINER", "Write a container's files as a tar archive", MakeExport, {}, kManagement},
    {"history", "", "[options] IMAGE", "Show how an image was made", MakeHistory, {}, kManagement},
    {"load", "", "[options] [-i FILE]", "Load images from an archive or a folder", MakeImageLoad, {}, kManagement},
    {"import", "", "[options] FILE|- [NAME]", "Make an image of a root file system in a tar file", MakeImageImport, {}, kManagement},
    {"rmi", "", kSomeImages, "Remove images", MakeImageRemove, {}, kManagement},
    {"save", "", kSomeImages, "Write images to an archive or a folder", MakeSave, {}, kManagement},
    {"tag", "", "IMAGE NAME [NAME...]", "Give an image further names", MakeImageTag, {}, kManagement},
    {"untag", "", "IMAGE [NAME...]", "Take names off an image", MakeImageUntag, {}, kManagement},
    {"pull", "", "[options] IMAGE [IMAGE...]", "Pull images from registries", MakeImagePull, {}, kManagement},
    {"push", "", "[options] IMAGE [DESTINATION]", "Push an image to a registry", MakeImagePush, {}, kManagement},
    {"login", "", "[options] REGISTRY", "Log in to a registry", MakeLogin, {}, kManagement},
    {"logout", "", "[options] [REGISTRY]", "Log out of a registry", MakeLogout, {}, kManagement},
    {"search", "", "[options] [REGISTRY/]TERM", "Search registries for images", MakeSearch, {}, kManagement},
    {"manifest", "", "", "Look at manifests", nullptr, kManifestChildren, kManagement},
    {"events", "", "[options]", "Show what containers and pods do", MakeEvents, {}, kSystem},
    {"info", "", "[options]", "Show what this machine and skiff are", MakeInfo, {}, kSystem},
    {"version", "", "[options]", "Show the version", MakeVersion, {}, kSystem},
    {"completion",
     "",
     "[options] bash|zsh|fish",
     "Print a completion script for a shell",
     MakeCompletion,
     {},
     kSystem},
    {pod::kCleanUpPodCommand, "", "POD-ID", "", MakeCleanUpPod},  // hidden: for a pod's reaper
    {pod::kFollowPodsCommand, "", "", "", MakeFollowPods},        // hidden: for a pod's supervisor
    {pod::kWireSandboxCommand, "", "POD-ID", "", MakeWireSandbox},  // likewise
    {pod::kAdoptPodsCommand, "", "", "", MakeAdoptPods},          // hidden: for commands that only look
    {kRetryImagesCommand, "", "", "", MakeRetryImages},           // hidden: for kube play
    {pod::kCleanUpNetworksCommand, "", "", "", MakeCleanUpNetworks},  // hidden: for commands that end pods
};

constexpr CommandInfo kRoot{"skiff", "", "", "Run Kubernetes YAML and containers", nullptr, kRootChildren};

}  // namespace

const CommandInfo& Commands() { return kRoot; }

}  // namespace skiff::cli
