// Names for the station in memory.

import type { Category } from './backend';

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
