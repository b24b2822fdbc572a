// Names for the station in memory.

import type { Category, IncidentState, Severity } from './backend';

export const UNITS = [
  'Xã Ea Siên', 'Xã Ea Drông', 'Xã Ea Blang', 'Xã Cư Bao', 'Xã Bình Thuận', 'Phường An Lạc', 'Phường An Bình',
  'Phường Thiện An', 'Phường Đạt Hiếu', 'Phường Đoàn Kết', 'Phường Thống Nhất', 'Phường Bình Tân',
];

export const PLACES = [
  'Ngã ba Ea Siên – QL14', 'Cổng chợ Ea Siên', 'Trường THCS Ngô Quyền', 'Cầu buôn Dlung', 'Đầu buôn Ea Kung',
  'UBND xã – cổng chính', 'Ngã tư thôn 3', 'Trạm y tế xã', 'Đường liên xã km 2', 'Cầu Rô-si', 'Nhà văn hóa thôn 5',
  'Cây xăng số 12', 'Ngã ba nghĩa trang', 'Trường TH Lê Lợi', 'Hồ Ea Siên', 'Lối vào buôn Tring',
];

export const CATEGORIES: Category[] = [
  { code: 'fireworks', name_vi: 'Pháo', name_en: 'Fireworks' },
  { code: 'traffic', name_vi: 'Giao thông', name_en: 'Traffic' },
  { code: 'order', name_vi: 'Trật tự công cộng', name_en: 'Public order' },
  { code: 'theft', name_vi: 'Trộm cắp, tài sản', name_en: 'Theft and property' },
  { code: 'narcotics', name_vi: 'Ma túy', name_en: 'Narcotics' },
  { code: 'weapons', name_vi: 'Vũ khí, vật liệu nổ', name_en: 'Weapons and explosives' },
  { code: 'fire', name_vi: 'Cháy nổ, PCCC', name_en: 'Fire' },
  { code: 'environment', name_vi: 'Môi trường', name_en: 'Environment' },
  { code: 'school', name_vi: 'Bạo lực học đường', name_en: 'School violence' },
  { code: 'drowning', name_vi: 'Đuối nước', name_en: 'Drowning' },
  { code: 'missing', name_vi: 'Truy tìm', name_en: 'Missing person' },
  { code: 'equipment', name_vi: 'Sự cố thiết bị', name_en: 'Equipment fault' },
  { code: 'other', name_vi: 'Khác', name_en: 'Other' },
];

/** Title, place, category, state, severity; the newest last. */
export const OPEN_CASES: [string, string, string, IncidentState, Severity][] = [
  ['Tụ tập gây mất trật tự trước trường', 'Trường THCS Ngô Quyền', 'order', 'waiting', 'medium'],
  ['Người lạ trước cửa tiệm vàng', 'Ngã tư thôn 3', 'theft', 'verifying', 'medium'],
  ['Va chạm xe tải – xe máy', 'Ngã ba Ea Siên – QL14', 'traffic', 'waiting', 'high'],
  ['Đốt rác ven đường', 'Đường liên xã km 2', 'environment', 'handling', 'low'],
  ['Nghi vấn vận chuyển pháo trái phép', 'UBND xã – cổng chính', 'fireworks', 'verifying', 'high'],
  ['Xe máy đi ngược chiều, không mũ bảo hiểm', 'Cổng chợ Ea Siên', 'traffic', 'new', 'medium'],
];

export const CLOSED_CASES: [string, string, string][] = [
  ['Trâu bò thả rông trên quốc lộ', 'Cầu Rô-si', 'traffic'],
  ['Mất xe đạp ở nhà văn hóa', 'Nhà văn hóa thôn 5', 'theft'],
  ['Cháy cỏ ven hồ', 'Hồ Ea Siên', 'fire'],
  ['Hát karaoke quá giờ', 'Nhà văn hóa thôn 5', 'order'],
  ['Xe tải đỗ lấn đường trước trạm y tế', 'Trạm y tế xã', 'traffic'],
  ['Học sinh đánh nhau sau giờ tan trường', 'Trường TH Lê Lợi', 'school'],
  ['Đổ vật liệu xây dựng ra lề đường', 'Ngã ba nghĩa trang', 'environment'],
];
