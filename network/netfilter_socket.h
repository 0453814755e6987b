// The kernel's netfilter netlink family: atomic nftables batches (libnftnl) and queries (libmnl).
#pragma once

#include <libnftnl/chain.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nfnetlink.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"

struct mnl_socket;
struct nlmsghdr;

namespace skiff::network {

struct NftnlDeleter {
  void operator()(nftnl_table* table) const { nftnl_table_free(table); }
  void operator()(nftnl_chain* chain) const { nftnl_chain_free(chain); }
  void operator()(nftnl_rule* rule) const { nftnl_rule_free(rule); }
  void operator()(nftnl_set* set) const { nftnl_set_free(set); }
  void operator()(nftnl_udata_buf* buffer) const { nftnl_udata_buf_free(buffer); }
};
using UniqueTable = std::unique_ptr<nftnl_table, NftnlDeleter>;
using UniqueChain = std::unique_ptr<nftnl_chain, NftnlDeleter>;
using UniqueRule = std::unique_ptr<nftnl_rule, NftnlDeleter>;
using UniqueUdata = std::unique_ptr<nftnl_udata_buf, NftnlDeleter>;
using UniqueSet = std::unique_ptr<nftnl_set, NftnlDeleter>;

// Messages of one transaction, in order. `family` is NFPROTO_INET, NFPROTO_IPV4, ...
class NftBatch {
 public:
  void AddTable(const nftnl_table* table, int family, int flags);
  void DeleteTable(const nftnl_table* table, int family);
  void AddChain(const nftnl_chain* chain, int family, int flags);
  // NLM_F_APPEND in `flags` puts the rule behind the others of its chain, else it comes first.
  void AddRule(const nftnl_rule* rule, int family, int flags);
  void DeleteRule(const nftnl_rule* rule, int family);
  void AddSet(const nftnl_set* set, int family, int flags);
  // Every element of `set`. Keep to one per call where the error must tell which one failed.
  void AddElements(const nftnl_set* set, int family, int flags);
  void DeleteElements(const nftnl_set* set, int family);

  bool empty() const { return messages_.empty(); }
  size_t size() const { return messages_.size(); }
  // The whole transaction as sent: begin (sequence number 0), message i with sequence number i + 1, end.
  std::string Encode() const;

 private:
  template <typename Build>
  void Add(int type, int family, int flags, size_t room, Build build);
  std::vector<std::string> messages_;
};

struct NftFailure {
  size_t message = 0;  // index in the batch; the batch's size for a failure of the commit
  int error = 0;       // errno
};

class NetfilterSocket {
 public:
  static common::Result<NetfilterSocket> Open();

  // All or nothing. What failed is empty when it was committed.
  common::Result<std::vector<NftFailure>> Commit(const NftBatch& batch);
  // As Commit, for batches of which no failure is expected.
  common::Result<> Apply(const NftBatch& batch, const std::string& what);

  // Subsystems for Query.
  static constexpr int kNftables = NFNL_SUBSYS_NFTABLES << 8;
  static constexpr int kConntrack = NFNL_SUBSYS_CTNETLINK << 8;

  // A request (subsystem | command) outside any transaction; each message of the answer goes to `visit`.
  // `build` appends the attributes.
  common::Result<> Query(int type, int family, int flags, const std::function<void(nlmsghdr*)>& build,
                         const std::string& what, const std::function<void(const nlmsghdr*)>& visit);

 private:
  struct Closer {
    void operator()(mnl_socket* socket) const;
  };
  explicit NetfilterSocket(mnl_socket* socket) : socket_(socket) {}
  common::Result<std::vector<NftFailure>> ReadFailures(size_t batch_size);
  common::Result<> Ask(int type, int family, int flags, const std::function<void(nlmsghdr*)>& build,
                       const std::string& what, std::vector<std::string>& answers);

  std::unique_ptr<mnl_socket, Closer> socket_;
  uint32_t sequence_ = 0;
};

}  // namespace skiff::network
