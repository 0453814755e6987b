// Keeps a Zone as the files of the run directory say. What was renamed into place before a question came is in its answer.
#pragma once

#include <string>

#include "common/result.h"
#include "common/unique_fd.h"
#include "network/dns/names.h"
#include "network/dns/zone.h"

namespace skiff::dns {

class ZoneFiles {
 public:
  // `directory` is the DNS directory of the run directory. kNotFound: the network has no pods.
  static common::Result<ZoneFiles> Open(const std::string& directory, const std::string& network);

  // Reads what has changed. False: the last pod has gone.
  common::Result<bool> Refresh(Zone& zone);
  // Adds the pods of the other networks that this pod is on. Read anew each time: few pods are on several networks.
  void ReadOtherNetworks(const std::string& pod, Zone& zone) const;
  const network::DnsNetwork& network() const { return network_; }
  int fd() const { return inotify_.get(); }  // readable when something may have changed

 private:
  ZoneFiles(std::string directory, const std::string& network, common::UniqueFd inotify);
  common::Result<int> Watch(const std::string& path);
  void ReadAll(Zone& zone);
  void ReadNetwork(Zone& zone);
  void ReadServices(Zone& zone);
  void ReadPod(Zone& zone, const std::string& file_name);

  std::string directory_, network_directory_, pods_directory_;
  common::UniqueFd inotify_;
  int root_watch_ = -1, network_watch_ = -1, pods_watch_ = -1;
  bool read_ = false;
  network::DnsNetwork network_;
};

}  // namespace skiff::dns
